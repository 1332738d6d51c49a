using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;

namespace DurableSessions.Model.Tests.State;

/// <summary>The product's transitions on manifests by number; with a safeguard less where the search asks for that.</summary>
internal sealed class Swaps(Manifests manifests, Safeguards without)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly MemoryCategory[] OneMemory = [MemoryCategory.Profile];

    public int Create() => manifests.Intern(
        Transitions.Create(Names.Session, new SessionCreation(Names.Incarnation(0), new SessionSettings(), null), Fresh(Names.Segment(0, 1, 0, 0)), Now));

    public Decision CreateAgain(int manifest, int incarnation, int segment) =>
        manifests.TryFind(manifest, Operation.CreateAgain, segment, out Decision known) ? known : manifests.Decide(
            manifest, Operation.CreateAgain, segment, m => Transitions.CreateAgain(
                m, Names.Session, new SessionCreation(Names.Incarnation(incarnation), new SessionSettings(), null), Fresh(segment), Now));

    public Decision AddSegment(int manifest, int incarnation, int full, int segment) =>
        manifests.TryFind(manifest, Operation.AddSegment, ((long)full << 32) | (uint)segment, out Decision known) ? known : manifests.Decide(
            manifest, Operation.AddSegment, ((long)full << 32) | (uint)segment,
            m => Transitions.AddSegment(m, Names.Incarnation(incarnation), Names.Blob(full), FreshFor(m, segment)));

    public Decision Configure(int manifest, int bit, int segment) =>
        manifests.TryFind(manifest, Operation.Configure, ((long)bit << 32) | (uint)segment, out Decision known) ? known : manifests.Decide(
            manifest, Operation.Configure, ((long)bit << 32) | (uint)segment,
            m => Transitions.Configure(m, Names.Incarnation(0), s => With(s, bit), FreshFor(m, segment)));

    public Decision DropEmpty(int manifest, int segment)
    {
        return manifests.TryFind(manifest, Operation.DropEmptySegment, segment, out Decision known)
            ? known
            : manifests.Decide(manifest, Operation.DropEmptySegment, segment, Drop);

        Transition Drop(Manifest m)
        {
            bool faulty = (without & Safeguards.DropWaitsForCut) != 0;
            Transition dropped = Transitions.DropEmptySegment(faulty ? m with { Cutting = null } : m, Names.Incarnation(0), Names.Blob(segment));
            return faulty && dropped is Transition.Changed { Next: var next } ? new Transition.Changed(next with { Cutting = m.Cutting }) : dropped;
        }
    }

    public Decision BeginCut(int manifest, int attempt, int keep, int segment) =>
        manifests.TryFind(manifest, Operation.BeginCut, ((long)attempt << 32) | (uint)segment, out Decision known) ? known : manifests.Decide(
            manifest, Operation.BeginCut, ((long)attempt << 32) | (uint)segment,
            m => Transitions.BeginCut(m, Names.Attempt(attempt), new CutKeep(keep, null, false), FreshFor(m, segment)));

    public Decision Clear(int manifest, int attempt, int archived, int retained)
    {
        long arguments = ((long)attempt << 32) | (uint)((archived << 8) | retained);
        return manifests.TryFind(manifest, Operation.Clear, arguments, out Decision known)
            ? known
            : manifests.Decide(manifest, Operation.Clear, arguments, Cleared);

        Transition Cleared(Manifest m)
        {
            CommitAttempt commit = Names.Attempt(attempt);
            if ((without & Safeguards.ClearAsksForAttempt) != 0 && m.Cutting is { } cut && cut.CommitId == commit.CommitId)
            {
                commit = commit with { Attempt = cut.Attempt };
            }

            manifests.Name(Names.Retained(Names.AttemptOf(commit.CommitId, commit.Attempt)));
            return Transitions.Clear(m, commit, new StagedCounts(archived, 0, 0, retained, 0, "", null), Now);
        }
    }

    public Decision Switch(int manifest, int attempt, Record record, bool memories)
    {
        long arguments = ((long)attempt << 32) | (uint)((record.Flags << 1) | (memories ? 1 : 0));
        return manifests.TryFind(manifest, Operation.Switch, arguments, out Decision known)
            ? known
            : manifests.Decide(manifest, Operation.Switch, arguments, Switched);

        Transition Switched(Manifest m)
        {
            CommitRecord written = record.ToCommitRecord(attempt);
            bool faulty = (without & Safeguards.SwitchAsksForPending) != 0 && m.DeletedAt is null && m.FindPending(written.CommitId) is null;
            PendingArchive[] entry = faulty
                ? [new PendingArchive { CommitId = written.CommitId, Attempt = written.Attempt, Number = record.Number, Counts = new StagedCounts(1, 0, 0, 0, 0, "", null), Segments = [], ClearedAt = Now }]
                : [];
            return Transitions.Switch(
                faulty ? m with { Pending = [.. m.Pending, .. entry] } : m, Names.Incarnation(0), written, memories ? OneMemory : []);
        }
    }

    public Decision Cover(int manifest, int number, int semantic, bool memories)
    {
        long arguments = ((long)number << 32) | (uint)((semantic << 1) | (memories ? 1 : 0));
        return manifests.TryFind(manifest, Operation.Cover, arguments, out Decision known) ? known : manifests.Decide(
            manifest, Operation.Cover, arguments,
            m => Transitions.Cover(m, Names.Incarnation(0), number, $"digest-{semantic}", null, memories ? OneMemory : []));
    }

    public Decision Close(int manifest, int attempt, CommitFate fate, bool isRetried, int emptyList)
    {
        long arguments = ((long)attempt << 32) | (uint)((emptyList << 3) | ((int)fate << 1) | (isRetried ? 1 : 0));
        return manifests.TryFind(manifest, Operation.Close, arguments, out Decision known)
            ? known
            : manifests.Decide(manifest, Operation.Close, arguments, Closed);

        Transition Closed(Manifest m)
        {
            CommitAttempt commit = Names.Attempt(attempt);
            Transition closed = Transitions.Close(
                m, commit, fate, isRetried ? CommitLedger.RetriedReason : "asked", [.. manifests.Lists[emptyList].Select(Names.Blob)]);
            return (without & Safeguards.CloseAlwaysMoves) != 0 && closed is Transition.Changed && m.Cutting?.CommitId != commit.CommitId
                ? new Transition.Changed(m)
                : closed;
        }
    }

    public Decision Settle(int manifest, int attempt) =>
        manifests.TryFind(manifest, Operation.Settle, attempt, out Decision known)
            ? known
            : manifests.Decide(manifest, Operation.Settle, attempt, m => Transitions.Settle(m, Names.Attempt(attempt)));

    public Decision Delete(int manifest) =>
        manifests.TryFind(manifest, Operation.Delete, 0, out Decision known)
            ? known
            : manifests.Decide(manifest, Operation.Delete, 0, m => Transitions.Delete(m, Names.Incarnation(0), Now));

    private static SessionSettings With(SessionSettings settings, int bit) => settings with
    {
        AutoCommitPolicy = new AutoCommitPolicy { KeepRecentCount = (settings.AutoCommitPolicy?.KeepRecentCount ?? 0) | bit },
    };

    private FreshSegment FreshFor(Manifest manifest, int segment) => (without & Safeguards.SegmentNumber) == 0
        ? Fresh(segment)
        : Fresh(segment) with { Number = manifest.NextSegment };

    private FreshSegment Fresh(int segment) => new(Names.NumberOf(segment), new SegmentReference(manifests.Name(segment), CreatedETag: "created"));
}
