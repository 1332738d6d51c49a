using System.Reflection;
using CsCheck;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using static DurableSessions.Core.Tests.State.Manifests;

namespace DurableSessions.Core.Tests.State;

public class TransitionTests
{
    public static TheoryData<string> Names => [.. All.Keys];

    [Fact]
    public void Each_is_in_the_table_of_these_tests() => Assert.Equal(
        typeof(Transitions).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Where(static m => m.ReturnType == typeof(Transition)).Select(static m => m.Name).Order(),
        All.Keys.Order());

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tombstone_is_changed_by_a_creation_only(string name)
    {
        Transition made = All[name](New().After(nameof(Transitions.Delete)));

        Assert.Equal(name == nameof(Transitions.CreateAgain), made is Transition.Changed);
        Assert.Equal(name != nameof(Transitions.CreateAgain), made is Transition.SessionGone);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_session_created_again_under_the_id_is_left_alone(string name)
    {
        Manifest other = New().After(nameof(Transitions.Delete)).After(nameof(Transitions.CreateAgain));

        Assert.Equal(name == nameof(Transitions.CreateAgain), All[name](other) is Transition.NothingToDo);
        Assert.Equal(name != nameof(Transitions.CreateAgain), All[name](other) is Transition.SessionGone);
    }

    [Fact]
    public void Messages_leave_live_when_they_are_cleared_and_not_before()
    {
        Manifest cutting = New().After(nameof(Transitions.BeginCut));
        Manifest cleared = cutting.After(nameof(Transitions.Clear));

        Assert.Equal(["000001", "000002"], cutting.Live.Select(Number));
        Assert.Equal(["000002"], cleared.Live.Select(Number));
        Assert.Equal([New().Last.Name], Assert.Single(cleared.Pending).Segments);
    }

    [Fact]
    public void What_a_commit_retains_comes_before_what_was_appended_meanwhile()
    {
        Manifest cleared = New().After(nameof(Transitions.BeginCut)).After(static m => Clear(m, FirstCommit, retained: 2));

        Assert.Equal([BlobNames.Retained(Attempt(FirstCommit)), Fresh(2).Name], cleared.Live.Select(static s => s.Name));
    }

    [Fact]
    public void A_cut_before_the_last_segment_leaves_that_live_and_takes_no_number()
    {
        Manifest two = New().After(nameof(Transitions.AddSegment));
        Manifest cutting = two.After(nameof(Transitions.BeginCutBeforeLast));
        Manifest cleared = cutting.After(nameof(Transitions.Clear));

        Assert.Equal((1, two.NextSegment), (cutting.Cutting!.Segments, cutting.NextSegment));
        Assert.Equal(two.Live, cutting.Live);
        Assert.Equal(["000002"], cleared.Live.Select(Number));
        Assert.Equal([New().Last.Name], Assert.Single(cleared.Pending).Segments);
        Assert.IsType<Transition.NothingToDo>(All[nameof(Transitions.BeginCutBeforeLast)](New()));
        Assert.IsType<Transition.NothingToDo>(All[nameof(Transitions.BeginCutBeforeLast)](cutting));
    }

    [Fact]
    public void A_cut_that_was_undone_is_not_cleared()
    {
        Manifest closed = New().After(nameof(Transitions.BeginCut)).After(nameof(Transitions.Close));

        Assert.IsType<Transition.NothingToDo>(Clear(closed, FirstCommit));
        Assert.IsType<Transition.NothingToDo>(BeginCut(closed, FirstCommit));
        Assert.IsType<Transition.NothingToDo>(Clear(closed.After(static m => BeginCut(m, FirstCommit, attempt: 2)), FirstCommit));
    }

    [Fact]
    public void A_carried_on_attempt_is_closed_with_the_one_whose_cut_it_is()
    {
        Manifest closed = New().After(nameof(Transitions.BeginCut))
            .After(static m => Transitions.Close(m, Attempt(FirstCommit, attempt: 2), CommitFate.Cancelled, "cancelled", []));

        Assert.Null(closed.Cutting);
        Assert.Equal([1, 2], closed.Closed.Select(static c => c.Attempt));
    }

    [Fact]
    public void A_commit_that_is_pending_neither_closes_nor_cuts_again()
    {
        Manifest pending = New().After(nameof(Transitions.BeginCut)).After(nameof(Transitions.Clear));

        Assert.IsType<Transition.NothingToDo>(All[nameof(Transitions.Close)](pending));
        Assert.IsType<Transition.NothingToDo>(BeginCut(pending, FirstCommit, attempt: 2));
    }

    [Fact]
    public void Closing_moves_the_manifest_also_where_there_is_no_cut() =>
        Assert.Equal(1, New().After(nameof(Transitions.Close)).DecidedCount);

    [Fact]
    public void A_segment_number_is_taken_once()
    {
        FreshSegment first = Fresh(2);
        Manifest added = New().After(m => Transitions.AddSegment(m, Incarnation, m.Last.Name, first));

        Assert.IsType<Transition.NothingToDo>(Transitions.Configure(added, Incarnation, static s => s, first));
        Assert.IsType<Transition.NothingToDo>(Transitions.AddSegment(added, Incarnation, added.Last.Name, first));
        Assert.IsType<Transition.NothingToDo>(
            Transitions.AddSegment(New().After(nameof(Transitions.SkipSegmentNumbers)), Incarnation, New().Last.Name, first));
    }

    [Fact]
    public void An_empty_segment_stays_while_a_commit_counts_on_it()
    {
        Manifest cutting = New().After(nameof(Transitions.BeginCut));

        Assert.IsType<Transition.NothingToDo>(All[nameof(Transitions.DropEmptySegment)](cutting));
        Assert.Equal(
            ["000002"], New().After(nameof(Transitions.AddSegment)).After(nameof(Transitions.DropEmptySegment)).Live.Select(Number));
    }

    [Fact]
    public void A_request_with_a_key_counts_once_and_its_key_stands_for_one_request()
    {
        Manifest counted = New().After(nameof(Transitions.CountUsed));

        Assert.Equal((1, 2), (counted.ContextsUsed, counted.SkillsUsed));
        Assert.IsType<Transition.NothingToDo>(All[nameof(Transitions.CountUsed)](counted));
        Assert.IsType<IdempotencyKeyReusedException>(
            Assert.IsType<Transition.Refused>(Transitions.CountUsed(counted, Incarnation, 1, 2, new RequestKey("k", "other"))).Error);
    }

    [Fact]
    public void A_digest_covers_all_before_it_and_counts_once()
    {
        Manifest uncovered = New().After(nameof(Transitions.BeginCut)).After(nameof(Transitions.Clear))
            .After(static m => Switch(m, m.Pending[0], covered: false));
        Manifest covered = uncovered.After(nameof(Transitions.Cover));

        Assert.Equal(1, uncovered.Uncovered.Single().Number);
        Assert.Empty(covered.Uncovered);
        Assert.Equal((1, 2L), (covered.Overview!.Number, covered.MemoriesExtracted));
        Assert.IsType<Transition.NothingToDo>(All[nameof(Transitions.Cover)](covered));
    }

    [Fact]
    public void Rules_hold_after_any_sequence()
    {
        string[] names = [.. All.Keys.Where(static n => n != nameof(Transitions.CreateAgain))];
        Gen.Select(Gen.Int[0, names.Length - 1], Gen.Int[1, 3], Gen.Int[1, 2]).Array[1, 40].Sample(steps =>
        {
            Manifest manifest = New();
            foreach ((int which, int commit, int attempt) in steps)
            {
                var id = new CommitId(FirstCommit.Value[..^1] + commit);
                Transition made = names[which] switch
                {
                    nameof(Transitions.BeginCut) => BeginCut(manifest, id, attempt),
                    nameof(Transitions.Clear) => Clear(manifest, id, attempt, retained: commit - 1),
                    nameof(Transitions.Switch) => Switch(manifest, manifest.Pending.Count > 0 ? manifest.Pending[0] : null, attempt == 1),
                    nameof(Transitions.Close) => Transitions.Close(manifest, Attempt(id, attempt), CommitFate.Skipped, reason: null, []),
                    nameof(Transitions.Delete) when commit > 1 => Transition.NothingToDo.Instance,
                    var name => All[name](manifest),
                };
                if (made is Transition.Changed { Next: var next })
                {
                    Assert.Null(ManifestRules.FindBrokenStep(manifest, next));
                    Assert.Empty(ManifestRules.FindBroken(Key, next));
                    manifest = next;
                }
            }
        });
    }

    private static string Number(SegmentReference segment) => segment.Name.Split('/')[^1][..6];
}
