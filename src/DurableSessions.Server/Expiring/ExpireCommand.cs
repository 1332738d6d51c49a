using System.CommandLine;
using DurableSessions.Core;
using DurableSessions.Core.Purging;
using DurableSessions.Hosting;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Options;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Server.Expiring;

/// <summary>
/// <c>expire [--archives] [--days DAYS] [--dry-run]</c>: deletes the sessions in which nothing was written for so many days, or the
/// archives that were switched so long ago, or only lists them. Exits with 0, and with 1 after an error.
/// </summary>
internal static class ExpireCommand
{
    public static Command Create()
    {
        var days = new Option<int?>("--days")
        {
            Description = "Days without a message, a commit or a change, 1 to 36500; Retention:SessionDays unless set. With --archives: "
                + "days since their commit, 2 to 36500; Retention:ArchiveDays unless set.",
        };
        days.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int?>() is < 1 or > 36_500)
            {
                result.AddError("--days is 1 to 36500.");
            }
        });
        var archives = new Option<bool>("--archives")
        {
            Description = "Delete old archives of sessions that live on, but for what their newest digests are made from.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "List what would be deleted, and change nothing." };
        var command = new Command(
            "expire",
            "Delete the sessions in which nothing was written for long, or old archives; what servers do once a day by Retention.")
        {
            archives, days, dryRun,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(archives) && result.GetValue(days) is 1)
            {
                result.AddError("--days is 2 to 36500 with --archives.");
            }
        });
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => RunAsync(parsed.GetValue(archives), parsed.GetValue(days), parsed.GetValue(dryRun), stop),
            CommandRun.IsOfStorage,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool isOfArchives, int? days, bool isDryRun, CancellationToken cancellationToken)
    {
        // The servers carry the deletions out.
        await using var storage = new StorageConnection();
        await using WebApplication host = await StoreHost.OpenAsync(
            storage,
            ", so there is nothing to expire. Is Storage:Container right?",
            static builder => builder.Logging.SetMinimumLevel(LogLevel.Warning),
            cancellationToken);
        SessionOptions options = host.Services.GetRequiredService<IOptions<SessionOptions>>().Value;
        TimeSpan retention = days is { } asked ? TimeSpan.FromDays(asked)
            : isOfArchives ? options.ArchiveRetention
            : options.SessionRetention;
        if (retention == TimeSpan.Zero)
        {
            throw new StartException(isOfArchives
                ? "Retention:ArchiveDays is 0, so that no archive expires: --days says after how many days."
                : "Retention:SessionDays is 0, so that no session expires: --days says after how many days.");
        }

        SessionStore store = host.Services.GetRequiredService<SessionStore>();
        Task run = (isOfArchives, isDryRun) switch
        {
            (true, true) => ListAsync(store.OldArchives, retention, cancellationToken),
            (true, false) => DeleteAsync(store.OldArchives, retention, cancellationToken),
            (false, true) => ListAsync(store.Unused, retention, cancellationToken),
            _ => DeleteAsync(store.Unused, retention, cancellationToken),
        };
        await run;
        return 0;
    }

    private static async Task DeleteAsync(UnusedSessions unused, TimeSpan retention, CancellationToken cancellationToken)
    {
        int deleted = await unused.DeleteAsync(retention, cancellationToken);
        Console.WriteLine($"{deleted} sessions are to be deleted: the servers on this storage do that, where they stay unused.");
    }

    private static async Task DeleteAsync(OldArchives archives, TimeSpan retention, CancellationToken cancellationToken)
    {
        int sessions = await archives.DeleteAsync(retention, cancellationToken);
        Console.WriteLine($"Old archives of {sessions} sessions are to be deleted: the servers on this storage do that.");
    }

    private static async Task ListAsync(UnusedSessions unused, TimeSpan retention, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (UnusedSession session in unused.FindAsync(retention, cancellationToken))
        {
            Console.WriteLine($"{session.Session}: written last at {session.LastWrittenAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
            count++;
        }

        Console.WriteLine($"{count} sessions would be deleted: nothing was written in them for {retention:%d} days.");
    }

    private static async Task ListAsync(OldArchives archives, TimeSpan retention, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (OldArchive archive in archives.FindAsync(retention, cancellationToken))
        {
            Console.WriteLine(
                $"{archive.Session}: archive {archive.Number}, switched at {archive.SwitchedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
            count++;
        }

        Console.WriteLine($"{count} archives would be deleted: they were switched more than {retention:%d} days ago.");
    }
}
