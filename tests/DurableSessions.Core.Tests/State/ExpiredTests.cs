using DurableSessions.Core.State;
using static DurableSessions.Core.Tests.State.Manifests;

namespace DurableSessions.Core.Tests.State;

/// <summary>Only what neither a context nor a digest builds on expires.</summary>
public class ExpiredTests
{
    private static readonly DateTimeOffset s_later = new(2027, 11, 26, 12, 0, 0, TimeSpan.Zero);
    private static readonly DigestReference s_good = new("good");
    private static readonly DigestReference s_degraded = new("degraded", IsDegraded: true);

    private static readonly Manifest s_five = New().Archived(s_good).Archived(s_good).Archived(s_good).Archived(s_good).Archived(s_good);

    [Fact]
    public void The_newest_overview_and_the_archive_before_it_stay()
    {
        Manifest expired = s_five.After(static m => Expire(m, 3));

        Assert.Equal((3, s_later, 5), (expired.ExpiredArchives, expired.OldestArchiveAt, expired.ArchiveCount));
        Assert.Equal(s_five with { ExpiredArchives = 3, OldestArchiveAt = s_later }, expired);
        Assert.IsType<Transition.NothingToDo>(Expire(s_five, 4));
    }

    [Fact]
    public void None_comes_back()
    {
        Manifest expired = s_five.After(static m => Expire(m, 2));

        Assert.IsType<Transition.NothingToDo>(Expire(expired, 2));
        Assert.IsType<Transition.NothingToDo>(Expire(expired, 1));
        Assert.Equal(3, expired.After(static m => Expire(m, 3)).ExpiredArchives);
    }

    [Fact]
    public void What_a_degraded_archive_is_digested_again_from_stays()
    {
        Manifest degraded = New().Archived(s_good).Archived(s_good).Archived(s_good).Archived(s_degraded).Archived(s_degraded)
            .Archived(s_degraded);

        Assert.IsType<Transition.NothingToDo>(Expire(degraded, 3));
        Assert.Equal(2, degraded.After(static m => Expire(m, 2)).ExpiredArchives);
    }

    [Fact]
    public void An_archive_without_an_overview_after_it_stays()
    {
        Manifest pending = s_five.After(static m => BeginCut(m, FirstCommit)).After(static m => Clear(m, FirstCommit));
        Manifest uncovered = pending.After(static m => Switch(m, m.Pending[0], covered: false));

        Assert.IsType<Transition.NothingToDo>(Expire(pending, 4));
        Assert.IsType<Transition.NothingToDo>(Expire(uncovered, 4));
        Assert.IsType<Transition.NothingToDo>(Expire(uncovered with { Uncovered = [uncovered.Uncovered[0] with { Number = 2 }] }, 2));
        Assert.IsType<Transition.NothingToDo>(Expire(pending with { Pending = [pending.Pending[0] with { Number = 2 }] }, 2));
    }

    [Fact]
    public void The_first_archive_s_switch_is_the_oldest()
    {
        Assert.Null(New().OldestArchiveAt);
        Assert.Equal(New().CreatedAt, New().Archived(s_good).OldestArchiveAt);
        Assert.Equal(New().CreatedAt, s_five.OldestArchiveAt);
        Assert.Null((New().Archived(s_good) with { OldestArchiveAt = null }).Archived(s_good).OldestArchiveAt);
    }

    private static Transition Expire(Manifest manifest, int upTo) => Transitions.ExpireArchives(manifest, Incarnation, upTo, s_later);
}
