using System.CommandLine;
using DurableSessions.LocalStorage;
using DurableSessions.Server.Clients;
using DurableSessions.Server.Demo.Conversations;
using Spectre.Console;

namespace DurableSessions.Server.Demo;

/// <summary><c>demo [conversation]</c>: commits a conversation, kills the server in the middle, and shows the commit complete.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var conversation = new Argument<string?>("conversation")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "A transcript of Claude Code (.jsonl), or a JSON array of {role, content}. "
                + "Default: a conversation that comes with the demo.",
        };
        var command = new Command(
            "demo", "Append a conversation, commit it, kill the server in the middle of the commit, and see it complete.") { conversation };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => RunAsync(parsed.GetValue(conversation), stop),
            static e => e is DemoException or ConversationException or LocalStorageException or ClientException,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? conversation, CancellationToken cancellationToken)
    {
        string path = conversation ?? Path.Combine(AppContext.BaseDirectory, "Demo", "conversation.json");
        IReadOnlyList<ConversationMessage> messages = await ConversationFile.ReadAsync(path, cancellationToken);
        await RunOnOwnStorageAsync(messages, cancellationToken);
        return 0;
    }

    private static async Task RunOnOwnStorageAsync(IReadOnlyList<ConversationMessage> messages, CancellationToken cancellationToken)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("durable-sessions-demo-");
        try
        {
            AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync(Console.Out.WriteLine, cancellationToken);
            await using LocalAzurite azurite = await LocalAzurite.StartAsync(
                installation, folder.FullName, Console.Out.WriteLine, TimeProvider.System, cancellationToken);
            await new DemoRun(AnsiConsole.Console, azurite.ConnectionString, TimeProvider.System).RunAsync(messages, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
