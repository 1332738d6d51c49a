using System.CommandLine;
using DurableSessions.LocalStorage;

namespace DurableSessions.Server.Serving;

/// <summary>The command that runs where no other one is named: serve the API until the process is told to stop.</summary>
internal static class ServeCommand
{
    public static RootCommand Create()
    {
        var urls = new Option<string?>("--urls") { Description = $"Where to listen, several separated by ';'. Default: {Addresses.Default}" };
        var command = new RootCommand("Durable sessions: keeps agents' conversations in Azure Blob Storage and commits them without losing a message.") { urls };
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
        catch (Exception e) when (e is StartException or LocalStorageException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }
}
