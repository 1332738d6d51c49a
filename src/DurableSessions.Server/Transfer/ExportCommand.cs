using System.CommandLine;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary><c>export FOLDER</c> and <c>sessions export ID FOLDER</c>: data as OpenViking has it on disk.</summary>
internal static class ExportCommand
{
    public static Command Create(ClientHost host)
    {
        Argument<string> folder = ClientCommands.Text("folder", "An empty folder, or that of an export which was interrupted.");
        var command = new Command("export", "Write all sessions and memories of a user as 'import openviking' reads them.") { folder };
        new ClientOptions(command, host).SetAction(command, async (run, parsed, stop) =>
        {
            string user = await UserData.UserAsync(run.Api, stop);
            ExportFolder to = await ExportFolder.OpenAsync(parsed.GetValue(folder)!, $"user {user}", stop);
            return await ExportAsync(run, to, UserData.SessionsAsync(run.Api, stop), withMemories: true, stop);
        });
        return command;
    }

    /// <summary>Of one session.</summary>
    public static Command CreateOfSession(ClientOptions options)
    {
        Argument<string> id = ClientCommands.Text("id", "The session.");
        Argument<string> folder = ClientCommands.Text("folder", "An empty folder, or that of an export which was interrupted.");
        var command = new Command("export", "Write a session as 'import openviking' reads it.") { id, folder };
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string session = parsed.GetValue(id)!;
            string user = await UserData.UserAsync(run.Api, stop);
            await run.Api.GetAsync($"sessions/{SessionApi.Escape(session)}", stop);
            ExportFolder to = await ExportFolder.OpenAsync(parsed.GetValue(folder)!, $"session {session} of user {user}", stop);
            return await ExportAsync(run, to, AsyncEnumerable.Repeat(session, 1), withMemories: false, stop);
        });
        return command;
    }

    private static async Task<int> ExportAsync(
        ClientRun run, ExportFolder folder, IAsyncEnumerable<string> sessions, bool withMemories, CancellationToken cancellationToken)
    {
        var report = new TransferReport();
        var exporter = new Exporter(run, folder, report);
        await foreach (string session in sessions.WithCancellation(cancellationToken))
        {
            try
            {
                await exporter.ExportAsync(session, cancellationToken);
            }
            catch (ClientException e) when (e.Status is 0 or 404)
            {
                report.Problem(session, 0, e.Message);
            }
        }

        if (withMemories)
        {
            await exporter.ExportMemoriesAsync(cancellationToken);
        }

        report.Show(run);
        return report.IsClean ? 0 : CommandRun.Failed;
    }
}
