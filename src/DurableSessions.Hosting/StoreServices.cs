using Azure.Core;
using Azure.Identity;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Storage;
using DurableSessions.Semantics.Chat;
using DurableSessions.Semantics.Extractive;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Hosting;

/// <summary>The store with its digests, and their settings.</summary>
public static class StoreServices
{
    private const string IdentityScope = "https://cognitiveservices.azure.com/.default";

    // Azure gives out names below these for its model services alone:
    // https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains
    private static readonly string[] s_identityHosts = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];

    /// <summary>
    /// Adds the store, the built-in digest and, where <c>Semantics:Endpoint</c> names one, a model. The host adds its
    /// <see cref="SessionStorage"/> and its <see cref="Orchestration.OrchestrationClient"/>.
    /// </summary>
    public static void AddStore(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddDurableSessions().BindStoreSettings();
        services.AddExtractiveDigest();
        services.AddChatSettings();
        if (!string.IsNullOrWhiteSpace(configuration[$"{ChatSettings.Section}:{nameof(ChatSettings.Endpoint)}"]))
        {
            services.AddChatDigest(Credential);
        }
    }

    /// <summary>Adds the storage of a host that does not run it itself, with its settings.</summary>
    public static void AddStorage(this IServiceCollection services)
    {
        services.AddStorageSettings();
        services.AddSingleton(static provider =>
            provider.FindStorage() ?? throw new SettingsException("ConnectionStrings:Storage is missing."));
    }

    /// <summary>
    /// The container in <c>ConnectionStrings:Storage</c>: a connection string, or the URL of a blob service, used with the host's identity;
    /// <see langword="null"/> where neither is set. Nothing is opened.
    /// </summary>
    /// <exception cref="SettingsException">It is neither.</exception>
    public static SessionStorage? FindStorage(this IServiceProvider services) =>
        StorageSettings.FindConnection(services.GetRequiredService<IConfiguration>()) is { } connection
            ? services.GetRequiredService<IOptions<StorageSettings>>().Value.Connect(connection, new DefaultAzureCredential())
            : null;

    // Without a key, requests to a model of Azure carry a token of the host's identity; requests to other endpoints, those on other hosts
    // of Azure included, carry no credential.
    internal static ChatCredential Credential(ChatSettings settings)
    {
        if (settings.Key is { } key)
        {
            return new ChatCredential(key.Trim());
        }

        Uri endpoint = settings.Endpoint!;
        if (endpoint.Scheme != Uri.UriSchemeHttps
            || !s_identityHosts.Any(suffix => endpoint.Host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)))
        {
            return new ChatCredential();
        }

        var identity = new DefaultAzureCredential();
        return new ChatCredential(GetTokenAsync: async cancellationToken =>
            (await identity.GetTokenAsync(new TokenRequestContext([IdentityScope]), cancellationToken)).Token);
    }
}
