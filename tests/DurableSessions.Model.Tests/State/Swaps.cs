using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Model.Tests.State;

/// <summary>The product's transitions on manifests by number; with a safeguard less where the search asks for that.</summary>
internal sealed class Swaps(Manifests manifests, Safeguards without)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;
    private static readonly MemoryCategory[] OneMemory = [MemoryCategory.Profile];
    private readonly Guards _guards = new(without);

    public int Create() => manifests.Intern(Transitions.Create(Names.Session, CreationOf(0), Fresh(Names.Segment(0, 1, 0, 0)), Now));

    public Decision CreateAgain(int manifest, int incarnation, int segment) => manifests.Decide(
        manifest, Operation.CreateAgain, Of(0, segment),
        m => Transitions.CreateAgain(m, Names.Session, CreationOf(incarnation), Fresh(segment), Now));

    public Decision AddSegment(int manifest, int incarnation, int full, int segment) => Decide(
        manifest, Operation.AddSegment, Of(full, segment), incarnation,
        m => Transitions.AddSegment(m, Names.Incarnation(incarnation), _guards.FullOf(m, Names.Blob(full)), FreshFor(m, segment)));

    public Decision Configure(int manifest, int bit, int segment) => Decide(
        manifest, Operation.Configure, Of(bit, segment), 0,
        m => Transitions.Configure(m, Names.Incarnation(0), s => With(s, bit), FreshFor(m, segment)));

    public Decision SkipSegmentNumbers(int manifest, int number) => Decide(
        manifest, Operation.SkipSegmentNumbers, number, 0,
        m => _guards.SkipSegmentNumbers(m, number, asked => Transitions.SkipSegmentNumbers(asked, Names.Incarnation(0), number)));

    public Decision DropEmpty(int manifest, int segment)
    {
        return Decide(manifest, Operation.DropEmptySegment, Of(0, segment), 0, Drop);

        Transition Drop(Manifest m)
        {
            bool faulty = (without & Safeguards.DropWaitsForCut) != 0;
            Manifest asked = faulty ? m with { Cutting = null } : m;
            Transition dropped = Transitions.DropEmptySegment(asked, Names.Incarnation(0), Names.Blob(segment));
            return faulty && dropped is Transition.Changed { Next: var next }
                ? new Transition.Changed(next with { Cutting = m.Cutting })
                : dropped;
        }
    }

    public Decision BeginCut(int manifest, int attempt, int keep, int segment)
    {
        return Decide(manifest, Operation.BeginCut, Of(attempt, segment), 0, Begun);

        Transition Begun(Manifest m)
        {
            CommitAttempt commit = Names.Attempt(attempt);
            return _guards.BeginCut(
                m,
                commit,
                asked => Transitions.BeginCut(asked, commit, new CutRetention(keep, null, false), null, FreshFor(asked, segment)));
        }
    }

    public Decision BeginCutBeforeLast(int manifest, int attempt, int keep)
    {
        return Decide(manifest, Operation.BeginCutBeforeLast, Of(attempt, keep), 0, Begun);

        Transition Begun(Manifest m)
        {
            CommitAttempt commit = Names.Attempt(attempt);
            return _guards.BeginCut(
                m, commit, asked => Transitions.BeginCutBeforeLast(asked, commit, new CutRetention(keep, null, false), null));
        }
    }

    public Decision Clear(int manifest, int attempt, int archived, int retained)
    {
        return Decide(manifest, Operation.Clear, Of(attempt, (archived << 8) | retained), 0, Cleared);

        Transition Cleared(Manifest m)
        {
            CommitAttempt commit = Names.Attempt(attempt);
            if ((without & Safeguards.ClearAsksForAttempt) != 0 && m.Cutting is { } cut && cut.CommitId == commit.CommitId)
            {
                commit = commit with { Attempt = cut.Attempt };
            }

            manifests.Name(Names.Retained(Names.AttemptOf(commit.CommitId, commit.Attempt)));
            return Transitions.Clear(m, commit, Counts(archived, retained), Now);
        }
    }

    public Decision Switch(int manifest, int attempt, Record record, bool memories)
    {
        return Decide(manifest, Operation.Switch, Of(attempt, (record.Flags << 1) | (memories ? 1 : 0)), 0, Switched);

        Transition Switched(Manifest m)
        {
            CommitRecord written = record.ToCommitRecord(attempt);
            bool faulty = (without & Safeguards.SwitchAsksForPending) != 0 && m.FindPending(written.CommitId) is null;
            var entry = new PendingArchive
            {
                CommitId = written.CommitId,
                Attempt = written.Attempt,
                Number = record.Number,
                Counts = Counts(1, 0),
                Segments = [],
                ClearedAt = Now,
            };
            Manifest asked = faulty ? m with { Pending = [.. m.Pending, entry] } : m;
            return Transitions.Switch(asked, Names.Incarnation(0), written, memories ? OneMemory : []);
        }
    }

    public Decision Cover(int manifest, int number, int semantic, int digest, bool memories) => Decide(
        manifest, Operation.Cover, Of(number, (semantic << 3) | (digest << 1) | (memories ? 1 : 0)), 0,
        m => _guards.Cover(
            m, number,
            asked => Transitions.Cover(asked, Names.Incarnation(0), number, DigestOf(semantic, digest), null, memories ? OneMemory : [])));

    public Decision Heal(int manifest, int number, int semantic, bool memories) => Decide(
        manifest, Operation.Heal, Of(number, (semantic << 1) | (memories ? 1 : 0)), 0,
        m => _guards.Heal(
            m, number,
            asked => Transitions.Heal(asked, Names.Incarnation(0), number, $"again-{semantic}", null, memories ? OneMemory : [])));

    public Decision PutDigest(int manifest, int number, int change) => Decide(
        manifest, Operation.PutDigest, Of(number, change), 0,
        m => _guards.PutDigest(
            m, asked => Transitions.PutDigest(asked, Names.Incarnation(0), new DigestMark(number, change), $"put-{change}")));

    public Decision Close(int manifest, int attempt, CommitFate fate, bool isRetried, int emptyList)
    {
        return Decide(manifest, Operation.Close, Of(attempt, (emptyList << 3) | ((int)fate << 1) | (isRetried ? 1 : 0)), 0, Closed);

        Transition Closed(Manifest m)
        {
            CommitAttempt commit = Names.Attempt(attempt);
            string reason = isRetried ? ClosedCommit.RetriedReason : "asked";
            string[] empty = [.. manifests.Lists[emptyList].Select(Names.Blob)];
            Transition closed = _guards.Close(m, commit, asked => Transitions.Close(asked, commit, fate, reason, empty));
            return (without & Safeguards.CloseAlwaysMoves) != 0 && closed is Transition.Changed && m.Cutting?.CommitId != commit.CommitId
                ? new Transition.Changed(m)
                : closed;
        }
    }

    public Decision Settle(int manifest, int attempt) =>
        Decide(manifest, Operation.Settle, attempt, 0, m => Transitions.Settle(m, Names.Attempt(attempt)));

    public Decision Delete(int manifest) =>
        Decide(manifest, Operation.Delete, 0, 0, static m => Transitions.Delete(m, Names.Incarnation(0), Now));

    private Decision Decide(int manifest, Operation operation, long arguments, int incarnation, Func<Manifest, Transition> transition) =>
        manifests.Decide(manifest, operation, arguments, m => _guards.OfIncarnation(m, incarnation, transition));

    private static long Of(int high, int low) => ((long)high << 32) | (uint)low;

    private static StagedCounts Counts(int archived, int retained) => new(archived, 0, 0, retained, 0, "", null);

    private static DigestReference DigestOf(int semantic, int digest) =>
        new($"digest-{semantic}", (digest & Record.DegradedDigest) != 0, (digest & Record.FromDegraded) != 0);

    private static SessionCreation CreationOf(int incarnation) => new(Names.Incarnation(incarnation), new SessionSettings(), null);

    private static SessionSettings With(SessionSettings settings, int bit) => settings with
    {
        AutoCommitPolicy = new AutoCommitPolicy { KeepRecentCount = (settings.AutoCommitPolicy?.KeepRecentCount ?? 0) | bit },
    };

    private FreshSegment FreshFor(Manifest manifest, int segment) => (without & Safeguards.SegmentNumber) == 0
        ? Fresh(segment)
        : Fresh(segment) with { Number = manifest.NextSegment };

    private FreshSegment Fresh(int segment) =>
        new(Names.NumberOf(segment), new SegmentReference(manifests.Name(segment), CreatedETag: "created"));
}
