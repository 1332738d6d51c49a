using System.CommandLine;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary><c>import openviking|claude-code</c>: brings sessions and memories of files to a server that runs.</summary>
internal static class ImportCommand
{
    public static Command Create(ClientHost host)
    {
        var command = new Command(
            "import", "Bring sessions of files to a server that runs. An import that was interrupted goes on when it is run again.");
        var options = new ClientOptions(command, host);
        command.Add(Create(
            options, "openviking", "A session's folder of OpenViking, or a tree of them, with the memories in it.", Directory.Exists,
            SourceFolder.FindSessions, hasMemories: true));
        command.Add(Create(
            options, "claude-code", "A transcript of Claude Code (.jsonl), or a folder of them.",
            static path => Directory.Exists(path) || File.Exists(path), SourceFolder.FindTranscripts, hasMemories: false));
        return command;
    }

    private static Command Create(
        ClientOptions options, string name, string description, Func<string, bool> exists,
        Func<string, TransferReport, IEnumerable<SessionSource>> find, bool hasMemories)
    {
        Argument<string> path = ClientCommands.Text("path", "Where they are.");
        var dryRun = new Option<bool>("--dry-run") { Description = "Send nothing, and say what would be taken." };
        var command = new Command(name, description) { path, dryRun };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string folder = parsed.GetValue(path)!;
            if (!exists(folder))
            {
                throw new ClientException($"{folder} is not there.");
            }

            if (hasMemories && await ExportFolder.IsCutAsync(folder, stop))
            {
                throw new ClientException($"{folder} is of an export that was cut off, or could not take all; run the export again.");
            }

            bool isDry = parsed.GetValue(dryRun);
            var report = new TransferReport();
            var importer = new Importer(run, report);
            foreach (SessionSource source in find(folder, report))
            {
                await (isDry ? importer.LookAsync(source, stop) : importer.ImportAsync(source, stop));
            }

            // The last: what commits have made of the messages does not take their place.
            if (hasMemories)
            {
                foreach ((string file, string? peer, string category, string title) in SourceFolder.FindMemories(folder, report))
                {
                    await importer.ImportMemoryAsync(file, peer, category, title, isDry, stop);
                }
            }

            report.Show(run);
            return report.IsClean ? 0 : CommandRun.Failed;
        });
        return command;
    }
}
