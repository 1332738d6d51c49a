using Azure.Core;
using Azure.Identity;
using DurableSessions.Core;
using DurableSessions.Core.Configuration;
using DurableSessions.Http;
using DurableSessions.Semantics.Chat;
using DurableSessions.Semantics.Extractive;

namespace DurableSessions.Server.Serving;

/// <summary>Puts storage, the store and the API together, with their settings.</summary>
internal static class StoreServices
{
    private const string IdentityScope = "https://cognitiveservices.azure.com/.default";

    // Azure gives out names below these for its model services alone:
    // https://learn.microsoft.com/azure/ai-services/cognitive-services-custom-subdomains
    private static readonly string[] s_identityHosts = [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"];

    /// <summary>Adds storage, which the host opens once its settings are validated.</summary>
    public static void AddStorage(this IServiceCollection services, StorageConnection connection)
    {
        services.AddStorageSettings();
        services.AddOptions<LocalStorageSettings>().BindSettings(StorageSettings.Section);
        services.AddSingleton(_ => connection.Storage);
    }

    public static void AddStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddDurableSessions().BindStoreSettings();
        services.AddExtractiveDigest();
        services.AddChatSettings();
        if (!string.IsNullOrWhiteSpace(configuration[$"{ChatSettings.Section}:{nameof(ChatSettings.Endpoint)}"]))
        {
            services.AddChatDigest(Credential);
        }
    }

    public static void AddApi(this IServiceCollection services)
    {
        services.AddApiKeys();
        services.AddHostFilteringErrors();
        services.AddDurableSessionsHttp(new DurableSessionsHttpOptions { Version = ServerVersion.Text }).BindLimits();
    }

    // Without a key, requests to a model of Azure carry a token of the server's identity; requests to other endpoints, those on other hosts
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
