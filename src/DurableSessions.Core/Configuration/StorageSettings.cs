using System.ComponentModel.DataAnnotations;
using Azure.Core;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Configuration;

namespace DurableSessions.Core.Configuration;

/// <summary>The section <c>Storage</c> of a host's settings.</summary>
public sealed class StorageSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Storage";

    /// <summary>The container that holds everything: <c>durable-sessions</c> unless set.</summary>
    [RegularExpression(
        "(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        ErrorMessage = "{0} is no container name: 3 to 63 lower-case letters, digits and single hyphens, "
            + "beginning and ending with a letter or digit.")]
    public string Container { get; set; } = "durable-sessions";

    /// <summary>
    /// Storage requests of the host in flight at a time, <see cref="StorageLoad.MinRequests"/> to
    /// <see cref="StorageLoad.MaxRequests"/>; fewer while storage throttles or times out.
    /// </summary>
    [Range(StorageLoad.MinRequests, StorageLoad.MaxRequests, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int ConcurrentRequests { get; set; } = 256;

    /// <summary><c>ConnectionStrings:Storage</c> of a host's configuration; <see langword="null"/> where it is not set.</summary>
    public static string? FindConnection(IConfiguration configuration) =>
        configuration.GetConnectionString(Section)?.Trim() is { Length: > 0 } connection ? connection : null;

    /// <summary>Connects to <see cref="Container"/> in what <see cref="FindConnection"/> has found; no request is sent.</summary>
    /// <param name="connection">A connection string, or the <c>https</c> URL of a blob service.</param>
    /// <param name="identity">What requests are authorized with where it is a URL.</param>
    /// <exception cref="SettingsException">It is neither. The message repeats nothing of it: it may hold the account's key.</exception>
    public SessionStorage Connect(string connection, TokenCredential identity)
    {
        try
        {
            if (!connection.Contains("://", StringComparison.Ordinal) || connection.Contains(';', StringComparison.Ordinal))
            {
                return Bounded(load => SessionStorage.Connect(connection, Container, load.Configure));
            }

            if (Uri.TryCreate(connection, UriKind.Absolute, out Uri? service)
                && service.Scheme == Uri.UriSchemeHttps
                && service.Query.Length == 0)
            {
                return Bounded(load => SessionStorage.Connect(service, identity, Container, load.Configure));
            }
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // Without the inner exception, whose message may repeat a part of the key.
            throw new SettingsException(
                "ConnectionStrings:Storage is no connection string of a storage account; it looks like "
                + "'DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...'.");
        }

        throw new SettingsException(
            "ConnectionStrings:Storage is a URL, but not one of a blob service; it looks like https://account.blob.core.windows.net.");
    }

    internal SessionStorage Bounded(Func<StorageLoad, SessionStorage> connect)
    {
        var load = new StorageLoad(ConcurrentRequests, TimeProvider.System);
        SessionStorage storage = connect(load);
        return new SessionStorage(storage.Container, storage.Unretried) { Load = load };
    }
}
