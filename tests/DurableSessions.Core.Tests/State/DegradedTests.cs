using System.Text.Json.Nodes;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using static DurableSessions.Core.Tests.State.Manifests;

namespace DurableSessions.Core.Tests.State;

/// <summary>A manifest remembers the oldest archive that the built-in digest stood in for.</summary>
public class DegradedTests
{
    private static readonly DigestReference s_good = new("good");
    private static readonly DigestReference s_degraded = new("degraded", IsDegraded: true);
    private static readonly DigestReference s_tainted = new("tainted", IsFromDegraded: true);
    private static Transition Heal(Manifest manifest, int number) =>
        Transitions.Heal(manifest, Incarnation, number, $"again-{number}", new TokenUsage(1, 1, 1), [MemoryCategory.Profile]);

    private static readonly DigestReference s_unknown = new("unknown", IsFromDegraded: null);

    [Fact]
    public void The_oldest_degraded_archive_is_kept()
    {
        Manifest degraded = New().Archived(s_good).Archived(s_degraded);

        Assert.Null(New().Archived(s_good).DegradedFrom);
        Assert.Equal(2, degraded.DegradedFrom);
        Assert.Equal(2, degraded.Archived(s_degraded).Archived(s_tainted).DegradedFrom);
    }

    [Fact]
    public void A_digest_from_a_degraded_overview_counts_although_that_one_was_digested_again_meanwhile() =>
        Assert.Equal(2, New().Archived(s_good).Archived(s_tainted).DegradedFrom);

    [Fact]
    public void A_digest_made_before_an_archive_was_degraded_holds_its_messages() =>
        Assert.Null(New().Archived(s_degraded).Archived(s_good).DegradedFrom);

    [Fact]
    public void A_digest_of_an_earlier_version_changes_nothing()
    {
        Assert.Null(New().Archived(s_unknown).DegradedFrom);
        Assert.Equal(1, New().Archived(s_degraded).Archived(s_unknown).DegradedFrom);
    }

    [Fact]
    public void An_archive_that_is_covered_later_by_a_degraded_digest_counts()
    {
        Manifest uncovered = New().After(nameof(Transitions.BeginCut)).After(nameof(Transitions.Clear))
            .After(static m => Switch(m, m.Pending[0], covered: false));

        Assert.Null(uncovered.DegradedFrom);
        Assert.Equal(1, uncovered.After(static m => Transitions.Cover(m, Incarnation, 1, s_degraded, null, [])).DegradedFrom);
    }

    [Fact]
    public void Archives_are_digested_again_in_order_and_the_newest_overview_is_replaced_last()
    {
        Manifest first = New().Archived(s_degraded).Archived(s_tainted).After(static m => Heal(m, 1));
        Manifest second = first.After(static m => Heal(m, 2));

        Assert.Equal((2, "tainted"), (first.DegradedFrom, first.Overview!.Blob));
        Assert.Equal((null, new OverviewReference(2, "again-2")), (second.DegradedFrom, second.Overview));
        Assert.Equal((2L, 2L), (second.MemoriesExtracted, second.Usage.Input));
    }

    [Fact]
    public void Only_the_oldest_is_and_once()
    {
        Manifest two = New().Archived(s_degraded).Archived(s_degraded);

        Assert.IsType<Transition.NothingToDo>(Heal(two, 2));
        Assert.IsType<Transition.NothingToDo>(Heal(two.After(static m => Heal(m, 1)), 1));
        Assert.IsType<Transition.NothingToDo>(Heal(New().Archived(s_good), 1));
    }

    [Fact]
    public void Uncovered_and_pending_archives_are_none_of_them()
    {
        Manifest uncovered = New().Archived(s_degraded).After(nameof(Transitions.BeginCut)).After(nameof(Transitions.Clear))
            .After(static m => Switch(m, m.Pending[0], covered: false));

        Assert.Null(uncovered.After(static m => Heal(m, 1)).DegradedFrom);
    }

    [Fact]
    public void A_digest_that_is_put_in_place_is_the_overview_of_its_own_archive_alone_and_none_comes_back()
    {
        Manifest put = New().Archived(s_good).Archived(s_good).After(static m => Put(m, 2, 2));
        Assert.Equal((2, "put-2-2"), (put.Overview!.Number, put.Overview.Blob));
        Manifest older = put.After(static m => Put(m, 1, 1));
        Assert.Equal(put.Overview, older.Overview);
        Assert.Equal(new DigestMark(1, 1), older.DigestMark);
        Assert.IsType<Transition.NothingToDo>(Put(put, 2, 2));
        Assert.IsType<Transition.NothingToDo>(Put(put, 2, 1));
        Assert.IsType<Transition.NothingToDo>(Put(older.After(static m => Put(m, 1, 3)), 1, 2));
        Assert.Equal(3, put.Archived(s_good).After(static m => Put(m, 2, 3)).Overview!.Number);
    }

    [Fact]
    public void A_manifest_that_a_host_of_an_earlier_version_has_written_takes_the_next_change()
    {
        Manifest put = New().Archived(s_good).After(static m => Put(m, 1, 2));
        Manifest earlier = put with { DigestMark = null, Overview = put.Overview! with { Change = 0 } };
        Manifest next = earlier.After(static m => Put(m, 1, 3));
        Assert.Equal((new DigestMark(1, 3), "put-1-3", 3), (next.DigestMark, next.Overview!.Blob, next.Overview.Change));
    }

    private static Transition Put(Manifest manifest, int number, int change) =>
        Transitions.PutDigest(manifest, Incarnation, new DigestMark(number, change), $"put-{number}-{change}");

    [Fact]
    public void A_manifest_of_an_earlier_version_has_none()
    {
        JsonNode stored = JsonNode.Parse(StoreJson.Write(New().Archived(s_degraded)).ToString())!;
        Assert.True(stored.AsObject().Remove("degraded_from"));

        Assert.Null(StoreJson.Read<Manifest>(BinaryData.FromString(stored.ToJsonString())).DegradedFrom);
    }
}
