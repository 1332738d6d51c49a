using System.CommandLine;
using DurableSessions.Core.Configuration;
using DurableSessions.Hosting;
using DurableSessions.LocalStorage;

namespace DurableSessions.Server.Serving;

/// <summary>The default command: serves the API until SIGINT or SIGTERM.</summary>
internal static class ServeCommand
{
    public static RootCommand Create()
    {
        var urls = new Option<string?>("--urls")
        {
            Description = $"Where to listen, several separated by ';'. Default: {Addresses.Default}",
        };
        var command = new RootCommand(
            "Durable sessions: keeps agents' conversations in Azure Blob Storage and commits them without losing a message.") { urls };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(urls), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? urls, CancellationToken cancellationToken)
    {
        try
        {
            await ServerProgram.RunAsync(urls, cancellationToken);
            return 0;
        }
        catch (Exception e) when (e is StartException or SettingsException or LocalStorageException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }
}
