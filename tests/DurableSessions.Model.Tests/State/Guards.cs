using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Model.Tests.State;

/// <summary>
/// Transitions that lack a guard: what the guard looks for is hidden from the product's transition, and put back in what comes of it.
/// Where no safeguard is taken away, each is the product's.
/// </summary>
internal sealed class Guards(Safeguards without)
{
    /// <summary>A transition of one incarnation, which others and tombstones answer with <see cref="Transition.SessionGone"/>.</summary>
    public Transition OfIncarnation(Manifest manifest, int incarnation, Func<Manifest, Transition> transition)
    {
        bool isDead = Lacks(Safeguards.TombstoneIsGone) && manifest.DeletedAt is not null;
        bool isOther = Lacks(Safeguards.IncarnationIsGone) && manifest.Incarnation != Names.Incarnation(incarnation);
        Manifest asked = manifest with
        {
            DeletedAt = isDead ? null : manifest.DeletedAt,
            Incarnation = isOther ? Names.Incarnation(incarnation) : manifest.Incarnation,
        };
        return isDead || isOther
            ? Then(
                transition(asked),
                next => next with { DeletedAt = isDead ? manifest.DeletedAt : next.DeletedAt, Incarnation = manifest.Incarnation })
            : transition(manifest);
    }

    /// <summary>Which segment <see cref="Transitions.AddSegment"/> is to find last.</summary>
    public string FullOf(Manifest manifest, string full) => Lacks(Safeguards.AddAsksForLast) ? manifest.Last.Name : full;

    public Transition BeginCut(Manifest manifest, CommitAttempt commit, Func<Manifest, Transition> transition)
    {
        Manifest asked = manifest;
        if (Lacks(Safeguards.CutAsksForCut))
        {
            asked = asked with { Cutting = null };
        }

        if (Lacks(Safeguards.CutAsksForOpen))
        {
            asked = asked with
            {
                Pending = [.. asked.Pending.Where(p => p.CommitId != commit.CommitId)],
                Uncovered = [.. asked.Uncovered.Where(u => u.CommitId != commit.CommitId)],
            };
        }

        if (Lacks(Safeguards.CutAsksForClosed))
        {
            asked = asked with { Closed = WithoutClosed(asked, commit) };
        }

        return Then(
            transition(asked),
            next => next with { Pending = manifest.Pending, Uncovered = manifest.Uncovered, Closed = manifest.Closed });
    }

    public Transition Close(Manifest manifest, CommitAttempt commit, Func<Manifest, Transition> transition)
    {
        Manifest asked = manifest;
        if (Lacks(Safeguards.CloseAsksForPending))
        {
            asked = asked with { Pending = [.. asked.Pending.Where(p => p.CommitId != commit.CommitId)] };
        }

        if (Lacks(Safeguards.CloseAsksForClosed))
        {
            asked = asked with { Closed = WithoutClosed(asked, commit) };
        }

        return Then(
            transition(asked),
            next => next with { Pending = manifest.Pending, Closed = [.. manifest.Closed, .. next.Closed.Skip(asked.Closed.Count)] });
    }

    public Transition Cover(Manifest manifest, int number, Func<Manifest, Transition> transition)
    {
        bool isHidden = Lacks(Safeguards.CoverAsksForUncovered) && manifest.Uncovered.All(u => u.Number != number);
        return transition(isHidden
            ? manifest with { Uncovered = [.. manifest.Uncovered, new ArchiveReference(number, Names.Commit(0), 1)] }
            : manifest);
    }

    public Transition Heal(Manifest manifest, int number, Func<Manifest, Transition> transition) =>
        transition(Lacks(Safeguards.HealAsksForOldest) && manifest.Overview is not null
            ? manifest with { DegradedFrom = number }
            : manifest);

    public Transition PutDigest(Manifest manifest, Func<Manifest, Transition> transition) =>
        transition(Lacks(Safeguards.PutAsksForLater) && manifest.Overview is { } overview
            ? manifest with { Overview = overview with { Change = 0 } }
            : manifest);

    public Transition SkipSegmentNumbers(Manifest manifest, int number, Func<Manifest, Transition> transition) =>
        transition(Lacks(Safeguards.SkipGoesForward) && manifest.NextSegment > number
            ? manifest with { NextSegment = number }
            : manifest);

    private static Transition Then(Transition answer, Func<Manifest, Manifest> putBack) =>
        answer is Transition.Changed { Next: var next } ? new Transition.Changed(putBack(next)) : answer;

    private static IReadOnlyList<ClosedCommit> WithoutClosed(Manifest manifest, CommitAttempt commit) =>
        [.. manifest.Closed.Where(c => c.CommitId != commit.CommitId || c.Attempt != commit.Attempt)];

    private bool Lacks(Safeguards guard) => (without & guard) != 0;
}
