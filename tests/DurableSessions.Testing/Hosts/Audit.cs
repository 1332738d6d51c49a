using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;

namespace DurableSessions.Testing;

/// <summary>Everything that a session holds, read through the public API alone, by a host that has seen nothing before.</summary>
internal sealed record Audit
{
    /// <summary>The texts of covered archives in order, then those of the context.</summary>
    public required IReadOnlyList<string> Everything { get; init; }

    public required IReadOnlyList<Archived> Archives { get; init; }

    public required IReadOnlyList<string> Context { get; init; }

    public required SessionInfo Info { get; init; }

    public static async Task<Audit> OfAsync(SessionStore store, SessionKey key)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        SessionInfo info = await store.Sessions.GetAsync(key, autoCreate: false, cancellationToken);
        SessionContext context = await store.Sessions.ReadContextAsync(key, tokenBudget: 10_000_000, cancellationToken);
        List<string> inContext = [.. context.Messages.Select(static line => Words.Text(SessionMessage.Parse(line)))];
        var archives = new List<Archived>();
        for (int number = 1; number <= info.CommitCount; number++)
        {
            Archive archive = await store.Archives.GetAsync(key, number, cancellationToken);
            List<string> texts = await archive.Messages.Select(Words.Text).ToListAsync(cancellationToken);
            Assert.Equal(archive.Info.Counts.Messages, texts.Count);
            archives.Add(new Archived(number, archive.Info.TaskId, archive.Info.State, texts));
        }

        await Assert.ThrowsAsync<ArchiveNotFoundException>(() => store.Archives.GetAsync(key, info.CommitCount + 1, cancellationToken));
        IEnumerable<string> covered = archives
            .Where(static a => a.State is ArchiveState.Covered or ArchiveState.Degraded)
            .SelectMany(static a => a.Texts);
        var audit = new Audit { Everything = [.. covered, .. inContext], Archives = archives, Context = inContext, Info = info };
        Assert.Equal(info.TotalMessageCount, audit.Everything.Count);
        Assert.Equal(audit.Everything.Count, audit.Everything.Distinct().Count());
        return audit;
    }
}

internal sealed record Archived(int Number, string TaskId, ArchiveState State, IReadOnlyList<string> Texts);
