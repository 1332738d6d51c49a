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

    // Without a key, requests to Azure carry a token of the server's identity; requests to other endpoints carry no credential.
    internal static ChatCredential Credential(ChatSettings settings)
    {
        if (settings.Key is { } key)
        {
            return new ChatCredential(key.Trim());
        }

        if (!settings.Endpoint!.Host.EndsWith(".azure.com", StringComparison.OrdinalIgnoreCase))
        {
            return new ChatCredential();
        }

        var identity = new DefaultAzureCredential();
        return new ChatCredential(GetTokenAsync: async cancellationToken =>
            (await identity.GetTokenAsync(new TokenRequestContext([IdentityScope]), cancellationToken)).Token);
    }
}
