using System.Text.RegularExpressions;

namespace DurableSessions.Server.Serving;

/// <summary>Which storage the server uses.</summary>
/// <param name="Connection">A connection string or the URL of a blob service; null for local storage.</param>
/// <param name="Container">The name of the container that holds everything.</param>
/// <param name="Folder">Where local storage keeps its data; null for <c>.data/azurite</c> in the repository.</param>
internal sealed partial record StorageSettings(string? Connection, string Container, string? Folder)
{
    private const string DefaultContainer = "durable-sessions";

    /// <summary>Reads <c>ConnectionStrings:Storage</c>, <c>Storage:Container</c> and <c>Storage:Folder</c>.</summary>
    /// <exception cref="StartException">The name of the container is invalid.</exception>
    public static StorageSettings Read(IConfiguration configuration)
    {
        string container = configuration["Storage:Container"] is { Length: > 0 } name ? name : DefaultContainer;
        if (!ContainerName().IsMatch(container))
        {
            throw new StartException(
                $"Storage:Container '{container}' is no container name: 3 to 63 lower-case letters, digits and single hyphens, "
                + "beginning and ending with a letter or digit.");
        }

        string? connection = configuration.GetConnectionString("Storage");
        return new StorageSettings(
            string.IsNullOrWhiteSpace(connection) ? null : connection.Trim(), container, configuration["Storage:Folder"]);
    }

    [GeneratedRegex(@"\A(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\z")]
    private static partial Regex ContainerName();
}
