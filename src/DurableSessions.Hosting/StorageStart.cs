using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Hosting;

/// <summary>What a host checks before it serves.</summary>
public static class StorageStart
{
    private const string NoKeys = ", so there are no keys. Check Storage:Container; the server's command 'keys add' creates the container "
        + "with the first key.";

    /// <summary>
    /// All of it, for a host that does not run its storage itself: the settings, whether this place may be open to its clients, the
    /// container, and the keys in it. The container is created where no keys are needed alone.
    /// </summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    /// <exception cref="StartException">The host must not serve; the message says why, and what to do.</exception>
    public static async Task OpenStorageAsync(this IServiceProvider services, AuthPlace place)
    {
        AuthSettings auth = services.CheckSettings(place);
        BlobContainerClient container = services.GetRequiredService<SessionStorage>().Container;
        await StorageCheck.RunAsync(
            container, place.NeedsKeys(auth) ? NoKeys : null, Console.Out.WriteLine, CancellationToken.None);
        await services.LoadKeysAsync(place, CancellationToken.None);
    }

    /// <summary>Checks the settings, and whether this place may be open to its clients by them. Nothing is reached for it.</summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    /// <exception cref="StartException">The place must not be open.</exception>
    public static AuthSettings CheckSettings(this IServiceProvider services, AuthPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        services.ValidateSettings();
        AuthSettings auth = services.GetRequiredService<IOptions<AuthSettings>>().Value;
        Check(place.Refuse(auth));
        return auth;
    }

    /// <summary>Reads the keys from storage that was reached, and checks whether this place may be open to its clients with them.</summary>
    /// <exception cref="StartException">They cannot be read in time, or the place must not be open.</exception>
    public static async Task<KeyRing> LoadKeysAsync(
        this IServiceProvider services, AuthPlace place, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(place);
        BlobContainerClient container = services.GetRequiredService<SessionStorage>().Container;
        KeyRing keys = services.GetRequiredService<KeyRing>();
        try
        {
            await StorageCheck.WithinTimeAsync(container, keys.LoadAsync, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status > 0)
        {
            // 404: the container was deleted after the storage check. Without it the host cannot know whether there are keys.
            throw new StartException(
                $"The keys cannot be read from storage at {container.Address()}: it answered {e.Status} {e.ErrorCode}.", e);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or JsonException or FormatException)
        {
            throw new StartException($"The keys cannot be read from storage: {e.Message}", e);
        }

        Check(place.Refuse(services.GetRequiredService<IOptions<AuthSettings>>().Value, keys));
        return keys;
    }

    private static void Check(string? refusal)
    {
        if (refusal is not null)
        {
            throw new StartException(refusal);
        }
    }
}
