using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.State;

/// <summary>
/// All changes of a manifest there are. Each is a pure function of the manifest it finds: its guard decides on that manifest alone, and
/// <see cref="ManifestStore"/> writes the result with <c>If-Match</c>, so a transition takes place on exactly the manifest it was decided
/// on, or not at all. A host may therefore decide on a manifest of any age.
/// </summary>
/// <remarks>
/// <para>The life of a message in the manifest: it is in a segment of <see cref="Manifest.Live"/>; <see cref="BeginCut"/> marks its segment
/// and changes nothing for readers; <see cref="Clear"/> is the one moment at which it leaves live and is in a
/// <see cref="Manifest.Pending"/> archive; <see cref="Switch"/> makes that archive the session's, covered by an overview or in
/// <see cref="Manifest.Uncovered"/> until <see cref="Cover"/>. Where the digest was degraded, <see cref="Heal"/> replaces it.</para>
/// <para>The life of a commit's attempt: unknown, <see cref="Manifest.Cutting"/>, pending, switched; or, before <see cref="Clear"/> only,
/// <see cref="Close"/>d. Its record in storage is written before <see cref="Switch"/> and <see cref="Settle"/> let the manifest forget
/// it, so that at each moment the manifest or the record knows its fate.</para>
/// <para>The model check in the tests explores these functions; <see cref="ManifestRules"/> says what holds after each.</para>
/// </remarks>
internal static class Transitions
{
    /// <summary>How many requests with an idempotency key are remembered as counted.</summary>
    public const int MaxCountedBy = 64;

    /// <summary>The first manifest of a session.</summary>
    /// <remarks>Safe: it is written with <c>If-None-Match: *</c>, where there is no manifest.</remarks>
    /// <param name="session">The session.</param>
    /// <param name="created">Its incarnation, settings, and the request that creates it.</param>
    /// <param name="first">Its first segment, number 1.</param>
    /// <param name="now">When.</param>
    public static Manifest Create(SessionKey session, SessionCreation created, FreshSegment first, DateTimeOffset now) => new()
    {
        Account = session.Account,
        User = session.User,
        SessionId = session.Id,
        Incarnation = created.Incarnation,
        CreatedAt = now,
        UpdatedAt = now,
        Settings = created.Settings,
        CreatedBy = created.CreatedBy,
        NextSegment = first.Number + 1,
        Live = [first.Segment],
    };

    /// <summary>A session is created over the tombstone of one of the same id.</summary>
    /// <remarks>Safe: names carry the incarnation, so no blob of the deleted session is named, and the deletion goes on without touching
    /// this one.</remarks>
    /// <param name="manifest">The tombstone.</param>
    /// <param name="session">The session.</param>
    /// <param name="created">Its incarnation, settings, and the request that creates it.</param>
    /// <param name="first">Its first segment, number 1.</param>
    /// <param name="now">When.</param>
    public static Transition CreateAgain(
        Manifest manifest, SessionKey session, SessionCreation created, FreshSegment first, DateTimeOffset now) =>
        manifest.DeletedAt is null ? Transition.NothingToDo.Instance : new Transition.Changed(Create(session, created, first, now));

    /// <summary>Appends go on in a fresh segment, because the last one is nearly full.</summary>
    /// <remarks>
    /// Safe: no segment leaves live, and the order stays. A segment gets its number once (see <see cref="Extend"/>), so that a swap whose
    /// answer was lost is not repeated after a commit has consumed its segment.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="full">The segment that is full; where it is no longer the last, there is nothing to do.</param>
    /// <param name="fresh">The segment to go on in.</param>
    public static Transition AddSegment(Manifest manifest, string incarnation, string full, FreshSegment fresh) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance
        : manifest.Last.Name != full ? Transition.NothingToDo.Instance
        : Extend(manifest, fresh);

    /// <summary>The session has other settings, and goes on in a fresh segment, so that each host's next append meets the change.</summary>
    /// <remarks>Safe: as <see cref="AddSegment"/>; settings name no blob.</remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="change">The settings, from those there are.</param>
    /// <param name="fresh">The segment to go on in.</param>
    public static Transition Configure(
        Manifest manifest, string incarnation, Func<SessionSettings, SessionSettings> change, FreshSegment fresh) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance
        : Extend(manifest, fresh) is Transition.Changed { Next: var extended }
            ? new Transition.Changed(extended with { Settings = change(manifest.Settings) })
        : Transition.NothingToDo.Instance;

    /// <summary>A segment number is given away unused.</summary>
    /// <remarks>Safe: a number is used at most once, and not every number must be. A host that still holds a fresh segment of that number
    /// can no longer add it, so an audit may delete it.</remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="number">The highest number to give away.</param>
    public static Transition SkipSegmentNumbers(Manifest manifest, string incarnation, int number) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance
        : manifest.NextSegment > number ? Transition.NothingToDo.Instance
        : new Transition.Changed(manifest with { NextSegment = number + 1 });

    /// <summary>A segment that is sealed and empty leaves live.</summary>
    /// <remarks>
    /// Safe: the caller has seen it sealed and then empty, so it holds no message and never will. While a commit cuts, its count of
    /// segments must stay true; the last segment takes appends.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="empty">The segment.</param>
    public static Transition DropEmptySegment(Manifest manifest, string incarnation, string empty) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance
        : manifest.Cutting is not null || manifest.Last.Name == empty || manifest.Live.All(s => s.Name != empty)
            ? Transition.NothingToDo.Instance
        : new Transition.Changed(manifest with { Live = Without(manifest.Live, [empty]) });

    /// <summary>Counts what a client has used of its context.</summary>
    /// <remarks>Safe: counts name no blob. A request with a key is remembered in the same swap that counts it, so it counts once.</remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="contexts">Contexts used, 0 or more.</param>
    /// <param name="skills">Skills used, 0 or more.</param>
    /// <param name="request">The request's idempotency key; <see langword="null"/> where it has none.</param>
    public static Transition CountUsed(Manifest manifest, string incarnation, int contexts, int skills, RequestKey? request)
    {
        if (IsGone(manifest, incarnation))
        {
            return Transition.SessionGone.Instance;
        }

        if (request is not null && manifest.CountedBy.FirstOrDefault(r => r.KeyHash == request.KeyHash) is { } counted)
        {
            return counted == request ? Transition.NothingToDo.Instance : new Transition.Refused(new IdempotencyKeyReusedException());
        }

        return new Transition.Changed(manifest with
        {
            ContextsUsed = manifest.ContextsUsed + contexts,
            SkillsUsed = manifest.SkillsUsed + skills,
            CountedBy = request is null ? manifest.CountedBy : [.. manifest.CountedBy.TakeLast(MaxCountedBy - 1), request],
        });
    }

    /// <summary>A commit begins to cut: all live segments are to be sealed and staged, and appends go on in a fresh one.</summary>
    /// <remarks>
    /// Safe: live still lists the segments that are cut, so readers miss nothing, and one cut is in work at a time. A commit that is over
    /// cannot begin again: the caller has looked for its record after it had loaded this very manifest.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="commit">The attempt that cuts.</param>
    /// <param name="retention">What it keeps live.</param>
    /// <param name="eventTags">The tags of events that it asks for; <see langword="null"/>: those of the session.</param>
    /// <param name="fresh">The segment to go on in.</param>
    public static Transition BeginCut(
        Manifest manifest, CommitAttempt commit, CutRetention retention, IReadOnlyList<string>? eventTags, FreshSegment fresh) =>
        FindNoCut(manifest, commit) is { } no ? no
        : Extend(manifest, fresh) is Transition.Changed { Next: var extended }
            ? new Transition.Changed(extended with { Cutting = CutOf(manifest, commit, retention, eventTags, manifest.Live.Count) })
        : Transition.NothingToDo.Instance;

    /// <summary>As <see cref="BeginCut"/>, of all live segments but the last, in which appends go on.</summary>
    /// <remarks>
    /// Safe: as <see cref="BeginCut"/>. The last segment stays live as a whole, so an append that is under way to it is stored there,
    /// before the swap or after it, and stays live; the segments before it were sealed before anything was acknowledged in it, so order
    /// holds. The caller has seen it empty after the commit was accepted, so all that was acknowledged by then is cut. An empty segment
    /// that came back has left live before: the swap fails at its ETag.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="commit">The attempt that cuts.</param>
    /// <param name="retention">What it keeps live.</param>
    /// <param name="eventTags">The tags of events that it asks for; <see langword="null"/>: those of the session.</param>
    public static Transition BeginCutBeforeLast(
        Manifest manifest, CommitAttempt commit, CutRetention retention, IReadOnlyList<string>? eventTags) =>
        FindNoCut(manifest, commit) is { } no ? no
        : manifest.Live.Count < 2 ? Transition.NothingToDo.Instance
        : new Transition.Changed(manifest with
        {
            Cutting = CutOf(manifest, commit, retention, eventTags, manifest.Live.Count - 1),
        });

    /// <summary>
    /// The moment at which messages leave live: the segments that are cut go out, what the commit retains comes in their place, and its
    /// archive is pending under the next number.
    /// </summary>
    /// <remarks>
    /// Safe: the archive and what is retained were staged before from sealed segments, whole and the same for each host, so each message is
    /// in one of the two. A reader sees the manifest before or after: never a message in both, never in neither. The guard asks for the
    /// cut of exactly this attempt, so that a cut that was undone is not cleared.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="commit">The attempt whose cut it is, which a host that helps another commit may clear too.</param>
    /// <param name="counts">What was staged.</param>
    /// <param name="now">When.</param>
    public static Transition Clear(Manifest manifest, CommitAttempt commit, StagedCounts counts, DateTimeOffset now)
    {
        if (IsGone(manifest, commit.Incarnation))
        {
            return Transition.SessionGone.Instance;
        }

        if (manifest.Cutting is not { } cut || cut.CommitId != commit.CommitId || cut.Attempt != commit.Attempt)
        {
            return Transition.NothingToDo.Instance;
        }

        SegmentReference[] retained = counts.Retained == 0 ? [] : [new SegmentReference(BlobNames.Retained(commit), Immutable: true)];
        var pending = new PendingArchive
        {
            CommitId = cut.CommitId,
            Attempt = cut.Attempt,
            Number = manifest.ArchiveCount + 1,
            Counts = counts,
            Segments = [.. manifest.Live.Take(cut.Segments).Select(static s => s.Name)],
            ClearedAt = now,
            EventTags = cut.EventTags,
        };
        return new Transition.Changed(manifest with
        {
            Live = [.. retained, .. manifest.Live.Skip(cut.Segments)],
            Cutting = null,
            Pending = [.. manifest.Pending, pending],
            ArchiveCount = pending.Number,
            DecidedCount = manifest.DecidedCount + 1,
            ArchivedMessages = manifest.ArchivedMessages + counts.Messages,
            KeepRecentCount = cut.IsIdle ? manifest.KeepRecentCount : cut.Turns is null ? cut.KeepRecent : cut.AskedKeepRecent,
            TurnRetention = cut.Turns,
            LastCommitAt = now,
            LastAutoCommitAt = cut.CommitId.IsAutomatic ? now : manifest.LastAutoCommitAt,
            LastArchivedMessageAt = counts.LastMessageAt ?? manifest.LastArchivedMessageAt,
        });
    }

    /// <summary>A pending archive becomes the session's: covered by its digest, or uncovered.</summary>
    /// <remarks>
    /// Safe: its record was written before, and decides which digest it is; so each host that switches the commit writes the same, and what
    /// is counted counts once, with the entry's way out of pending.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="record">The commit's record, with its archive's number.</param>
    /// <param name="memories">The category of each change of memories that its digest made.</param>
    public static Transition Switch(
        Manifest manifest, string incarnation, CommitRecord record, IReadOnlyCollection<MemoryCategory> memories)
    {
        if (IsGone(manifest, incarnation))
        {
            return Transition.SessionGone.Instance;
        }

        if (manifest.FindPending(record.CommitId) is null)
        {
            return Transition.NothingToDo.Instance;
        }

        Manifest switched = Count(manifest, record.Usage, memories) with
        {
            Pending = [.. manifest.Pending.Where(p => p.CommitId != record.CommitId)],
            OldestArchiveAt = manifest.OldestArchiveAt ?? (record.Number == 1 ? record.DecidedAt : null),
        };
        var archive = new ArchiveReference(record.Number!.Value, record.CommitId, record.Attempt);
        return new Transition.Changed(record.Digest is { } digest
            ? CoverUpTo(switched, archive.Number, digest)
            : switched with { Uncovered = [.. switched.Uncovered.Append(archive).OrderBy(static u => u.Number)] });
    }

    /// <summary>An archive that was switched uncovered is covered by a digest made later, with all before it.</summary>
    /// <remarks>
    /// Safe: a digest holds everything up to its archive, and is only made while no archive before it is pending. Once an overview covers
    /// the archive there is nothing to do, so a digest counts once.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="number">The archive.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="usage">What the model has taken and given for it; <see langword="null"/> where there was no model.</param>
    /// <param name="memories">The category of each change of memories that it made.</param>
    public static Transition Cover(
        Manifest manifest, string incarnation, int number, DigestReference digest, TokenUsage? usage,
        IReadOnlyCollection<MemoryCategory> memories) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance
        : manifest.Uncovered.All(u => u.Number != number) ? Transition.NothingToDo.Instance
        : new Transition.Changed(CoverUpTo(Count(manifest, usage, memories), number, digest));

    /// <summary>The oldest degraded archive was digested again: the next one is the oldest.</summary>
    /// <remarks>
    /// Safe: <see cref="Manifest.DegradedFrom"/> comes to each number once, so a digest counts once. Each archive that the overview reaches
    /// is switched and not uncovered, so the next number is one, or there is none. An overview of a later archive stays: it is made again
    /// in its turn.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="number">The archive.</param>
    /// <param name="semantic">The new digest's blob; <see langword="null"/>: the archive is passed over.</param>
    /// <param name="usage">What the model has taken and given for it; <see langword="null"/>: unknown.</param>
    /// <param name="memories">The category of each change of memories that it made.</param>
    public static Transition Heal(
        Manifest manifest, string incarnation, int number, string? semantic, TokenUsage? usage,
        IReadOnlyCollection<MemoryCategory> memories)
    {
        if (IsGone(manifest, incarnation))
        {
            return Transition.SessionGone.Instance;
        }

        if (manifest.DegradedFrom != number)
        {
            return Transition.NothingToDo.Instance;
        }

        bool isNewest = manifest.Overview!.Number == number;
        return new Transition.Changed(Count(manifest, usage, memories) with
        {
            DegradedFrom = isNewest ? null : number + 1,
            Overview = isNewest && semantic is not null ? new OverviewReference(number, semantic) : manifest.Overview,
        });
    }

    /// <summary>Another digest of a covered archive is in place: of the newest one that the overview reaches, it is the overview.</summary>
    /// <remarks>
    /// Safe: the archive's index entry was swapped before, which gives out each change's number once. The overview goes from a change to a
    /// later one only, and so does an archive's mark, so a host that comes late brings none back. How far the overview reaches stays, and
    /// so does one of a later archive.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="mark">The archive, and the change that put the digest in place.</param>
    /// <param name="semantic">The digest's blob.</param>
    public static Transition PutDigest(Manifest manifest, string incarnation, DigestMark mark, string semantic)
    {
        if (IsGone(manifest, incarnation))
        {
            return Transition.SessionGone.Instance;
        }

        bool isNewer = manifest.Overview is { } overview && overview.Number == mark.Number && overview.Change < mark.Change;
        bool isMarked = manifest.DigestMark is { } marked && marked.Number == mark.Number && marked.Change >= mark.Change;
        return isMarked && !isNewer ? Transition.NothingToDo.Instance : new Transition.Changed(manifest with
        {
            DigestMark = isMarked ? manifest.DigestMark : mark,
            Overview = isNewer ? new OverviewReference(mark.Number, semantic) { Change = mark.Change } : manifest.Overview,
        });
    }

    /// <summary>Archives up to one have expired: from now on no reader finds them, and their blobs may be deleted.</summary>
    /// <remarks>
    /// Safe: each of them is switched and covered, and none is the overview's, the one before it, or still to be digested again
    /// (<see cref="Manifest.LastExpirable"/>), so neither a context nor a commit reads what is deleted. The number only rises, so a host
    /// that comes late brings none back; and what it writes under an archive that has expired no document refers to.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="upTo">The last of them.</param>
    /// <param name="oldestAt">No later archive was switched before this.</param>
    public static Transition ExpireArchives(Manifest manifest, string incarnation, int upTo, DateTimeOffset oldestAt) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance
        : upTo <= manifest.ExpiredArchives || upTo > manifest.LastExpirable
            || manifest.Pending.Any(p => p.Number <= upTo) || manifest.Uncovered.Any(u => u.Number <= upTo)
            ? Transition.NothingToDo.Instance
        : new Transition.Changed(manifest with { ExpiredArchives = upTo, OldestArchiveAt = oldestAt });

    /// <summary>An attempt that has cleared nothing ends without an archive; its cut, if it shows one, is undone.</summary>
    /// <remarks>
    /// Safe: the segments that were cut stay live, sealed. The list of closed attempts keeps a host that is about to cut for this attempt
    /// from it until the record does: <see cref="BeginCut"/> was decided on another manifest, and fails at its ETag.
    /// <see cref="Manifest.DecidedCount"/> moves even where nothing else does, so that such a swap always fails. The caller has looked for
    /// the record after it had loaded this very manifest.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="commit">The attempt to close.</param>
    /// <param name="fate">Cancelled or skipped.</param>
    /// <param name="reason">Why.</param>
    /// <param name="emptySegments">Sealed segments that hold nothing, which leave live with the cut.</param>
    /// <returns><see cref="Transition.NothingToDo"/> also where it is too late: the commit is pending.</returns>
    public static Transition Close(
        Manifest manifest, CommitAttempt commit, CommitFate fate, string? reason, IReadOnlyCollection<string> emptySegments)
    {
        if (IsGone(manifest, commit.Incarnation))
        {
            return Transition.SessionGone.Instance;
        }

        if (manifest.FindPending(commit.CommitId) is not null || manifest.FindClosed(commit.CommitId, commit.Attempt) is not null)
        {
            return Transition.NothingToDo.Instance;
        }

        // The cut may be an earlier attempt's, which this one has carried on: undone, neither may cut again.
        Cut? cut = manifest.Cutting?.CommitId == commit.CommitId ? manifest.Cutting : null;
        var close = new ClosedCommit(commit.CommitId, commit.Attempt, fate, reason);
        ClosedCommit[] closes = cut is null || cut.Attempt == commit.Attempt ? [close] : [close with { Attempt = cut.Attempt }, close];
        return new Transition.Changed(manifest with
        {
            Cutting = cut is null ? manifest.Cutting : null,
            Live = cut is null ? manifest.Live : Without(manifest.Live, emptySegments),
            DecidedCount = manifest.DecidedCount + 1,
            Closed = [.. manifest.Closed, .. closes],
        });
    }

    /// <summary>The manifest forgets a closed attempt.</summary>
    /// <remarks>Safe: its record was written before, and keeps the attempt from cutting from now on.</remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="commit">The closed attempt.</param>
    public static Transition Settle(Manifest manifest, CommitAttempt commit) =>
        IsGone(manifest, commit.Incarnation) ? Transition.SessionGone.Instance
        : manifest.FindClosed(commit.CommitId, commit.Attempt) is not { } closed ? Transition.NothingToDo.Instance
        : new Transition.Changed(manifest with { Closed = [.. manifest.Closed.Where(c => c != closed)] });

    /// <summary>The session is deleted: what stays is a tombstone.</summary>
    /// <remarks>
    /// Safe: the caller has sealed every live segment of this very manifest, so no append is acknowledged after it; every other transition
    /// answers <see cref="Transition.SessionGone"/> to a tombstone.
    /// </remarks>
    /// <param name="manifest">The manifest.</param>
    /// <param name="incarnation">The incarnation to delete.</param>
    /// <param name="now">When.</param>
    public static Transition Delete(Manifest manifest, string incarnation, DateTimeOffset now) =>
        IsGone(manifest, incarnation) ? Transition.SessionGone.Instance : new Transition.Changed(manifest with { DeletedAt = now });

    private static Cut CutOf(
        Manifest manifest, CommitAttempt commit, CutRetention retention, IReadOnlyList<string>? eventTags, int segments) =>
        Cut.Of(
            commit.CommitId, commit.Attempt, retention, segments,
            (eventTags ?? EventTags.Of(manifest.Settings)) is { Count: > 0 } tags ? tags : null);

    private static bool IsGone(Manifest manifest, string incarnation) =>
        manifest.DeletedAt is not null || manifest.Incarnation != incarnation;

    private static Transition? FindNoCut(Manifest manifest, CommitAttempt commit) =>
        IsGone(manifest, commit.Incarnation) ? Transition.SessionGone.Instance
        : manifest.Cutting is not null || manifest.IsOpen(commit.CommitId)
            || manifest.FindClosed(commit.CommitId, commit.Attempt) is not null
            ? Transition.NothingToDo.Instance
        : null;

    // The fresh segment was created under the number that was the next one. A manifest that has given the number away since, to the same
    // segment or to another, does not take it.
    private static Transition Extend(Manifest manifest, FreshSegment fresh) => manifest.NextSegment != fresh.Number
        ? Transition.NothingToDo.Instance
        : new Transition.Changed(manifest with { Live = [.. manifest.Live, fresh.Segment], NextSegment = fresh.Number + 1 });

    private static IReadOnlyList<SegmentReference> Without(IReadOnlyList<SegmentReference> live, IReadOnlyCollection<string> names) =>
        [.. live.Where(s => !names.Contains(s.Name))];

    private static Manifest CoverUpTo(Manifest manifest, int number, DigestReference digest) => manifest with
    {
        Overview = manifest.Overview is { } newer && newer.Number > number ? newer : new OverviewReference(number, digest.Blob),
        Uncovered = [.. manifest.Uncovered.Where(u => u.Number > number)],
        DegradedFrom = digest switch
        {
            { IsDegraded: true } or { IsFromDegraded: true } => manifest.DegradedFrom ?? number,

            // It was made while no archive was degraded. One that is by now was uncovered then, so its messages are in this digest.
            { IsFromDegraded: false } => null,
            _ => manifest.DegradedFrom,
        },
    };

    private static Manifest Count(Manifest manifest, TokenUsage? usage, IReadOnlyCollection<MemoryCategory> memories)
    {
        var byCategory = new Dictionary<MemoryCategory, long>(manifest.MemoriesByCategory);
        foreach (MemoryCategory category in memories)
        {
            byCategory[category] = byCategory.GetValueOrDefault(category) + 1;
        }

        return manifest with
        {
            Usage = usage is null ? manifest.Usage : manifest.Usage + usage,
            MemoriesExtracted = manifest.MemoriesExtracted + memories.Count,
            MemoriesByCategory = byCategory,
        };
    }
}
