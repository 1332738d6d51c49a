using System.CommandLine;
using DurableSessions.Core;
using DurableSessions.Core.Purging;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Options;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Server.Expiring;

/// <summary>
/// <c>expire [--days DAYS] [--dry-run]</c>: deletes the sessions in which nothing was written for so many days, or only lists them. Exits
/// with 0, and with 1 after an error.
/// </summary>
internal static class ExpireCommand
{
    public static Command Create()
    {
        var days = new Option<int?>("--days")
        {
            Description = "Days without a message, a commit or a change, 1 to 36500; Retention:SessionDays unless set.",
        };
        days.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.GetValueOrDefault<int?>() is < 1 or > 36_500)
            {
                result.AddError("--days is 1 to 36500.");
            }
        });
        var dryRun = new Option<bool>("--dry-run") { Description = "List the sessions that would be deleted, and change nothing." };
        var command = new Command(
            "expire", "Delete the sessions in which nothing was written for long; what servers do once a day by Retention:SessionDays.")
        {
            days, dryRun,
        };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            stop => RunAsync(parsed.GetValue(days), parsed.GetValue(dryRun), stop), CommandRun.IsOfStorage, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int? days, bool isDryRun, CancellationToken cancellationToken)
    {
        // The servers carry the deletions out.
        await using var storage = new StorageConnection();
        await using WebApplication host = await StoreHost.OpenAsync(
            storage,
            ", so there is nothing to expire. Is Storage:Container right?",
            static builder => builder.Logging.SetMinimumLevel(LogLevel.Warning),
            cancellationToken);
        TimeSpan retention = days is { } asked
            ? TimeSpan.FromDays(asked)
            : host.Services.GetRequiredService<IOptions<SessionOptions>>().Value.SessionRetention;
        if (retention == TimeSpan.Zero)
        {
            throw new StartException("Retention:SessionDays is 0, so that no session expires: --days says after how many days.");
        }

        UnusedSessions unused = host.Services.GetRequiredService<SessionStore>().Unused;
        if (isDryRun)
        {
            await ListAsync(unused, retention, cancellationToken);
        }
        else
        {
            int deleted = await unused.DeleteAsync(retention, cancellationToken);
            Console.WriteLine($"{deleted} sessions are to be deleted: the servers on this storage do that, where they stay unused.");
        }

        return 0;
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
}
