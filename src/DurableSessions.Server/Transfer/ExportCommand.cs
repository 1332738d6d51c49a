using System.CommandLine;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary><c>export FOLDER</c> and <c>sessions export ID FOLDER</c>: data as OpenViking has it on disk.</summary>
internal static class ExportCommand
{
    public static Command Create(ClientHost host)
    {
        Argument<string> folder = ClientCommands.Text("folder", "An empty folder, or that of an export which was interrupted.");
        var erase = new Option<bool>("--erase")
        {
            Description = "Then delete what was written, unless something could not be; the receipt is beside the export. Needs --yes.",
        };
        Option<bool> yes = ClientCommands.Yes("Delete everything;");
        var command = new Command("export", "Write all sessions and memories of a user as 'import openviking' reads them.")
        {
            folder, erase, yes,
        };
        new ClientOptions(command, host).SetAction(command, async (run, parsed, stop) =>
        {
            bool isErased = parsed.GetValue(erase);
            if (isErased)
            {
                ClientCommands.Require(parsed, yes, "A deletion");
            }

            (string user, string account) = await UserData.CallerAsync(run.Api, stop);
            var origin = new ExportOrigin($"user {user}", account, run.Api.Address);
            ExportFolder to = await ExportFolder.OpenAsync(parsed.GetValue(folder)!, origin, stop);
            var report = new TransferReport();
            var exporter = new Exporter(run, to, report);
            await ExportAsync(exporter, report, UserData.SessionsAsync(run.Api, stop), stop);
            await exporter.ExportMemoriesAsync(stop);
            exporter.ReportGone();
            await to.MarkAsync(report.IsClean, stop);
            if (!isErased || !report.IsClean)
            {
                report.Show(run);
                return report.IsClean ? 0 : CommandRun.Failed;
            }

            return await UsersCommand.EraseAsync(run, user, exporter.HasWritten, to, stop);
        });
        return command;
    }

    /// <summary>Of one session.</summary>
    public static Command CreateOfSession(ClientOptions options)
    {
        Argument<string> id = ClientCommands.Text("id", "The session.");
        Argument<string> folder = ClientCommands.Text("folder", "An empty folder, or that of an export which was interrupted.");
        var erase = new Option<bool>("--erase") { Hidden = true };
        var yes = new Option<bool>("--yes") { Hidden = true };
        var command = new Command("export", "Write a session as 'import openviking' reads it.") { id, folder, erase, yes };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(erase) || parsed.GetValue(yes))
            {
                parsed.AddError(
                    "The export of one session deletes nothing: 'sessions delete ID --yes' does, and 'export FOLDER --erase --yes' deletes "
                    + "all of a user that it has written.");
            }
        });
        options.SetAction(command, async (run, parsed, stop) =>
        {
            string session = parsed.GetValue(id)!;
            (string user, string account) = await UserData.CallerAsync(run.Api, stop);
            await run.Api.GetAsync($"sessions/{SessionApi.Escape(session)}", stop);
            var origin = new ExportOrigin($"session {session} of user {user}", account, run.Api.Address);
            ExportFolder to = await ExportFolder.OpenAsync(parsed.GetValue(folder)!, origin, stop);
            var report = new TransferReport();
            await ExportAsync(new Exporter(run, to, report), report, AsyncEnumerable.Repeat(session, 1), stop);
            await to.MarkAsync(report.IsClean, stop);
            report.Show(run);
            return report.IsClean ? 0 : CommandRun.Failed;
        });
        return command;
    }

    private static async Task ExportAsync(
        Exporter exporter, TransferReport report, IAsyncEnumerable<string> sessions, CancellationToken cancellationToken)
    {
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
    }
}
