using DurableSessions.Core.Configuration;

namespace DurableSessions.Server.Serving;

/// <summary>Storage, with its settings.</summary>
internal static class StorageServices
{
    /// <summary>Adds storage, which the host opens once its settings are validated.</summary>
    public static void AddStorage(this IServiceCollection services, StorageConnection connection)
    {
        services.AddStorageSettings();
        services.AddOptions<LocalStorageSettings>().BindSettings(StorageSettings.Section);
        services.AddSingleton(_ => connection.Storage);
    }
}
