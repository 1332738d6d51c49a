using System.Text.Json.Nodes;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using static DurableSessions.Core.Tests.State.Manifests;

namespace DurableSessions.Core.Tests.State;

public class ManifestRulesTests
{
    private static readonly Manifest s_pending = New().After(nameof(Transitions.BeginCut)).After(nameof(Transitions.Clear));

    private static readonly Manifest s_two = New().Archived(new DigestReference("one")).Archived(new DigestReference("two"));

    public static TheoryData<string> Broken => [.. s_broken.Keys];

    private static readonly Dictionary<string, (Manifest Before, Func<Manifest, Manifest> Change)> s_broken = new()
    {
        ["names no live segment"] = (New(), static m => m with { Live = [] }),
        ["names a live segment twice"] = (New(), static m => m with { Live = [m.Last, m.Last] }),
        ["names a live segment of another session"] = (New(), static m => m with { Live = [Fresh(1, "ffffffffffff").Segment] }),
        ["whose number is not above"] = (New(), static m => m with { Live = [Fresh(2).Segment, Fresh(1).Segment], NextSegment = 3 }),
        ["or was not given out"] = (New(), static m => m with { Live = [Fresh(5).Segment] }),
        ["no segment that takes appends"] = (New(), static m => m with { Live = [m.Last with { Immutable = true }] }),
        ["whose archive is pending"] = (
            s_pending, static m => m with { Live = [m.Last, Fresh(3).Segment], NextSegment = 4, Cutting = new Cut(FirstCommit, 1, 0, 1) }),
        ["its messages are in no context"] = (s_pending, static m => m with { Pending = [] }),
        ["which are not in order or not different"] = (s_pending, static m => m with { Pending = [m.Pending[0], m.Pending[0]] }),
        ["takes back a number"] = (s_pending, static m => m with { DecidedCount = 0 }),
        ["gives a pending archive another number"] = (
            s_pending,
            static m => m with { ArchiveCount = 2, Pending = [m.Pending[0] with { Number = 2 }], Overview = new(1, "semantic.json") }),
        ["as closed, and at work"] = (
            s_pending, static m => m with { Closed = [new ClosedCommit(FirstCommit, 1, CommitFate.Cancelled, null)] }),
        ["makes an archive of segments"] = (
            New().After(nameof(Transitions.BeginCut)),
            static m => m.After(nameof(Transitions.Clear)) with { Live = [.. m.Live] }),
        ["while ["] = (
            New().After(nameof(Transitions.BeginCut)),
            static m => m.After(nameof(Transitions.Clear)) is var cleared
                ? cleared with { Pending = [cleared.Pending[0] with { Segments = ["another"] }] }
                : m),
        ["and an overview up to archive 2"] = (s_two, static m => m with { DegradedFrom = 3 }),
        ["which it does not show as degraded"] = (s_two, static m => m with { DegradedFrom = 2 }),
        ["comes from archive 2 to 1"] = (s_two with { DegradedFrom = 2 }, static m => m with { DegradedFrom = 1 }),
        ["has archive 2 digested again no more"] = (s_two with { DegradedFrom = 1 }, static m => m with { DegradedFrom = null }),
        ["brings back archives"] = (
            s_two.Archived(new DigestReference("three")).After(nameof(Transitions.ExpireArchives)),
            static m => m with { ExpiredArchives = 0 }),
        ["has archives up to 1 expired, an overview up to archive 2, and none"] = (s_two, static m => m with { ExpiredArchives = 1 }),
        ["has archives up to 1 expired, an overview up to archive 3, and 2"] = (
            s_two.Archived(new DigestReference("three")) with { DegradedFrom = 2 }, static m => m with { ExpiredArchives = 1 }),
        ["changes a session that is deleted"] = (New().After(nameof(Transitions.Delete)), static m => m with { DeletedAt = null }),
        ["replaces a session that is not deleted"] = (New(), static m => m with { Incarnation = "ffffffffffff" }),
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_write_that_breaks_one_is_not_made(string rule)
    {
        (Manifest before, Func<Manifest, Manifest> change) = s_broken[rule];

        BrokenManifestException thrown = Assert.Throws<BrokenManifestException>(
            () => ManifestRules.EnsureKept(Key, before, change(before)));

        Assert.Contains(rule, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_was_damaged_before_can_still_be_deleted()
    {
        Manifest damaged = s_pending with { Pending = [] };

        ManifestRules.EnsureKept(Key, damaged, damaged.After(nameof(Transitions.Delete)));
    }

    [Fact]
    public void Damage_to_one_rule_lets_no_other_be_broken()
    {
        Manifest damaged = s_pending with { Pending = [] };

        BrokenManifestException thrown = Assert.Throws<BrokenManifestException>(
            () => ManifestRules.EnsureKept(Key, damaged, damaged with { Live = [damaged.Last, damaged.Last] }));

        Assert.Contains("names a live segment twice", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("live", "{}")]
    [InlineData("closed", "null")]
    [InlineData("closed", """{"attempt":1}""")]
    [InlineData("uncovered", """{"number":1,"attempt":1}""")]
    [InlineData("pending", """{"commit_id":"c","attempt":1,"number":1,"counts":null,"segments":[],"cleared_at":"2026-01-31"}""")]
    [InlineData("pending", """{"commit_id":"c","attempt":1,"number":1,"counts":{},"segments":null,"cleared_at":"2026-01-31"}""")]
    [InlineData("pending", """{"commit_id":"c","attempt":1,"number":1,"counts":{},"segments":[null],"cleared_at":"2026-01-31"}""")]
    public void A_list_whose_item_lacks_its_name_makes_a_manifest_unreadable(string list, string item) =>
        Assert.NotNull(ManifestRules.FindUnreadable(With(list, $"[{item}]")));

    [Fact]
    public void A_cut_without_the_commit_that_cuts_makes_a_manifest_unreadable() =>
        Assert.NotNull(ManifestRules.FindUnreadable(With("cutting", """{"attempt":1}""")));

    [Fact]
    public void What_commits_leave_in_a_manifest_is_readable() => Assert.Null(ManifestRules.FindUnreadable(s_pending));

    private static Manifest With(string field, string json)
    {
        JsonObject stored = JsonNode.Parse(StoreJson.Write(New()).ToString())!.AsObject();
        stored[field] = JsonNode.Parse(json);
        return StoreJson.Read<Manifest>(BinaryData.FromString(stored.ToJsonString()));
    }
}
