using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Hosting;

/// <summary>What a host that does not run its storage itself checks before it serves.</summary>
public static class StorageStart
{
    /// <summary>
    /// Checks the settings, whether this place may be open to its clients, the container, and the keys in it. The container is created
    /// where no keys are needed alone.
    /// </summary>
    /// <exception cref="SettingsException">The host must not serve; the message says why, and what to do.</exception>
    public static async Task OpenStorageAsync(this IServiceProvider services, AuthPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        services.ValidateSettings();
        AuthSettings auth = services.GetRequiredService<IOptions<AuthSettings>>().Value;
        Check(place.Refuse(auth));
        SessionStorage storage = services.GetRequiredService<SessionStorage>();
        if (!place.NeedsKeys(auth))
        {
            await storage.Container.CreateIfNotExistsAsync();
        }
        else if (!await storage.Container.ExistsAsync())
        {
            Check($"There is no container {storage.Container.Name}, so there are no keys. Check Storage:Container; the server's command "
                + "'keys add' creates the container with the first key.");
        }

        KeyRing keys = services.GetRequiredService<KeyRing>();
        await keys.LoadAsync(CancellationToken.None);
        Check(place.Refuse(auth, keys));
    }

    private static void Check(string? refusal)
    {
        if (refusal is not null)
        {
            throw new SettingsException(refusal);
        }
    }
}
