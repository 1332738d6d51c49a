using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Tests.State;

/// <summary>Manifests made by transitions, and each transition by its name.</summary>
internal static class Manifests
{
    public const string Incarnation = "0123456789ab";

    public static readonly CommitId FirstCommit = new("c0000000000000000000000000000001");

    public static readonly SessionKey Key = new("acme", "ann", "s1");

    private static readonly DateTimeOffset s_now = new(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Every transition of a manifest, with arguments that suit the manifest as far as it has something to do.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Manifest, Transition>> All = new Dictionary<string, Func<Manifest, Transition>>
    {
        [nameof(Transitions.CreateAgain)] = static m => Transitions.CreateAgain(
            m, Key, Creation("ba9876543210"), Fresh(1, "ba9876543210"), s_now),
        [nameof(Transitions.AddSegment)] = static m => Transitions.AddSegment(m, Incarnation, m.Last.Name, Fresh(m.NextSegment)),
        [nameof(Transitions.Configure)] = static m => Transitions.Configure(m, Incarnation, static s => s, Fresh(m.NextSegment)),
        [nameof(Transitions.SkipSegmentNumbers)] = static m => Transitions.SkipSegmentNumbers(m, Incarnation, m.NextSegment),
        [nameof(Transitions.DropEmptySegment)] = static m => Transitions.DropEmptySegment(m, Incarnation, m.Live[0].Name),
        [nameof(Transitions.CountUsed)] = static m => Transitions.CountUsed(
            m, Incarnation, contexts: 1, skills: 2, new RequestKey("k", "r")),
        [nameof(Transitions.BeginCut)] = static m => BeginCut(m, FirstCommit),
        [nameof(Transitions.BeginCutBeforeLast)] = static m => Transitions.BeginCutBeforeLast(
            m, Attempt(FirstCommit), new CutRetention(0, Turns: null, IsIdle: false), eventTags: null),
        [nameof(Transitions.Clear)] = static m => Clear(m, m.Cutting?.CommitId ?? FirstCommit),
        [nameof(Transitions.Switch)] = static m => Switch(m, m.Pending.Count > 0 ? m.Pending[0] : null, covered: true),
        [nameof(Transitions.Cover)] = static m => Transitions.Cover(
            m, Incarnation, m.Uncovered.Count > 0 ? m.Uncovered[^1].Number : 1, new DigestReference("semantic.json"), usage: null,
            [MemoryCategory.Profile]),
        [nameof(Transitions.Heal)] = static m => Transitions.Heal(m, Incarnation, m.DegradedFrom ?? 1, "again.json", null, []),
        [nameof(Transitions.PutDigest)] = static m => Transitions.PutDigest(
            m, Incarnation, new DigestMark(m.Overview?.Number ?? 1, (m.Overview?.Change ?? 0) + 1), "put.json"),
        [nameof(Transitions.ExpireArchives)] = static m => Transitions.ExpireArchives(m, Incarnation, m.ExpiredArchives + 1, s_now),
        [nameof(Transitions.Close)] = static m => Transitions.Close(
            m, Attempt(m.Cutting?.CommitId ?? FirstCommit), CommitFate.Cancelled, "cancelled", []),
        [nameof(Transitions.Settle)] = static m => Transitions.Settle(m, Attempt(m.Closed.Count > 0 ? m.Closed[0].CommitId : FirstCommit)),
        [nameof(Transitions.Delete)] = static m => Transitions.Delete(m, Incarnation, s_now),
    };

    public static Manifest New() => Transitions.Create(Key, Creation(Incarnation), Fresh(1), s_now);

    public static Manifest After(this Manifest manifest, Func<Manifest, Transition> transition) =>
        Assert.IsType<Transition.Changed>(transition(manifest)).Next;

    public static Manifest After(this Manifest manifest, string transition) => manifest.After(All[transition]);

    public static CommitAttempt Attempt(CommitId commitId, int attempt = 1) => new(Key, Incarnation, commitId, attempt);

    public static FreshSegment Fresh(int number, string incarnation = Incarnation) =>
        new(number, new SegmentReference($"{BlobNames.SegmentPrefix(Key, incarnation)}{number:D6}-{number:x12}.jsonl"));

    public static Transition BeginCut(Manifest manifest, CommitId commitId, int attempt = 1) => Transitions.BeginCut(
        manifest,
        Attempt(commitId, attempt),
        new CutRetention(0, Turns: null, IsIdle: false),
        eventTags: null,
        Fresh(manifest.NextSegment));

    public static Transition Clear(Manifest manifest, CommitId commitId, int attempt = 1, int retained = 0) => Transitions.Clear(
        manifest,
        Attempt(commitId, attempt),
        new StagedCounts(3, 30, 300, retained, 0, "sha", LastMessageAt: null),
        s_now);

    public static Transition Switch(Manifest manifest, PendingArchive? pending, bool covered) => Transitions.Switch(
        manifest,
        Incarnation,
        new CommitRecord
        {
            CommitId = pending?.CommitId ?? FirstCommit,
            Attempt = pending?.Attempt ?? 1,
            Fate = CommitFate.Archived,
            DecidedAt = s_now,
            Number = pending?.Number ?? 1,
            Semantic = covered ? "semantic.json" : null,
        },
        [MemoryCategory.Profile]);

    /// <summary>One more archive, switched to this digest.</summary>
    public static Manifest Archived(this Manifest manifest, DigestReference digest)
    {
        var id = new CommitId($"c{manifest.ArchiveCount + 1:D31}");
        Manifest pending = manifest.After(m => BeginCut(m, id)).After(m => Clear(m, id));
        return pending.After(m => Transitions.Switch(m, Incarnation, Record(m.FindPending(id)!, digest), []));
    }

    private static CommitRecord Record(PendingArchive pending, DigestReference digest) => new()
    {
        CommitId = pending.CommitId,
        Attempt = pending.Attempt,
        Fate = CommitFate.Archived,
        DecidedAt = s_now,
        Number = pending.Number,
        State = digest.IsDegraded ? ArchiveState.Degraded : ArchiveState.Covered,
        Semantic = digest.Blob,
        IsFromDegraded = digest.IsFromDegraded,
    };

    private static SessionCreation Creation(string incarnation) => new(incarnation, new SessionSettings(), CreatedBy: null);
}
