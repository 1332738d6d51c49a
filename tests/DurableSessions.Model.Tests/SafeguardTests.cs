using DurableSessions.Model.Tests.Checking;

namespace DurableSessions.Model.Tests;

/// <summary>Without any one safeguard the model finds what goes wrong: so it would find it, too, if the product lost one.</summary>
public sealed class SafeguardTests(ITestOutputHelper output)
{
    private static readonly Dictionary<Safeguards, (string Configuration, string Violation)> Needed = new()
    {
        [Safeguards.SealBeforeStaging] = ("order", "acknowledged message 2 is lost"),
        [Safeguards.SealBeforeFreshAppend] = ("order", "message 3 was acknowledged before message 1 was sent, and stands after it"),
        [Safeguards.AppendPosition] = ("appends", "message 1 is in two places"),
        [Safeguards.SearchAfterUnknown] = ("appends", "message 1 is in two places"),
        [Safeguards.SearchInArchives] = ("roll", "message 1 is in two places"),
        [Safeguards.SwapETag] = ("two-commits", "acknowledged message 1 is lost"),
        [Safeguards.RecordBeforeCut] = ("cancel-zombie", "an attempt that was closed cuts again"),
        [Safeguards.RecordBeforeSwitch] = ("zombie", "archive 1 is neither pending nor in a record"),
        [Safeguards.RecordBeforeSettle] = ("cancel-zombie", "an attempt that was closed cuts again"),
        [Safeguards.CreationETag] = ("came-back", "acknowledged message 1 is lost"),
        [Safeguards.AttemptInNames] = ("retry-cancelled", "archive 1 is not in storage"),
        [Safeguards.MemoriesOnce] = ("memories", "memories of commit c0 are applied twice"),
        [Safeguards.MemoriesOnlyWhileOpen] = ("terminate", "memories of commit c0 are applied twice"),
        [Safeguards.KeptBeforeElsewhere] = ("came-back", "message 1 is in two places"),
        [Safeguards.EmptyAsksForManifest] = ("repeated", "message 1 is in two places"),
        [Safeguards.SealBeforeDelete] = ("delete", "an append is stored after the tombstone is visible"),
        [Safeguards.CloseAlwaysMoves] = ("cancel-zombie", "an attempt that was closed cuts again"),
        [Safeguards.ClearAsksForAttempt] = ("retry", "archive 1 is not in storage"),
        [Safeguards.SegmentNumber] = ("configure", "the manifest names a live segment twice"),
        [Safeguards.SwitchAsksForPending] = ("terminate", "the manifest has uncovered archives [1, 1] of 2"),
        [Safeguards.FenceBeforeRemove] = ("repair", "live segment 000002-p1d0 is not in storage"),
        [Safeguards.UnnamedAfterFence] = ("repair", "live segment 000002-p1d0 is not in storage"),
        [Safeguards.CutNamesRetained] = ("repair-retained", "live segment retained-c0/1 is not in storage"),
        [Safeguards.SkipGoesForward] = ("repair", "the manifest takes back a number that was given out"),
        [Safeguards.TombstoneIsGone] = ("delete", "the manifest changes a session that is deleted"),
        [Safeguards.IncarnationIsGone] = ("create-again-configure", "the manifest names a live segment of another session"),
        [Safeguards.CoverAsksForUncovered] = ("cover-again", "more memories are counted than there are digests"),
        [Safeguards.HealAsksForOldest] = ("again-two", "more memories are counted than there are digests"),
        [Safeguards.AgainOnlyWhileOldest] = ("again-two", "memories of commit c0 are applied twice"),
        [Safeguards.DigestSaysFromDegraded] = ("again", "commit c0 is switched before its memories are applied"),
        [Safeguards.PutAsksForLater] = ("digest", "the overview is an earlier one again"),
        [Safeguards.DropWaitsForCut] = ("configure", "the manifest shows a cut of 1 of its 1 live segments"),
    };

    public static TheoryData<string> All =>
    [
        .. Enum.GetValues<Safeguards>()
            .Where(static s => s != Safeguards.None && (s & Safeguards.Redundant) == 0)
            .Select(static s => s.ToString()),
    ];

    public static TheoryData<string> WhereRedundant => [.. Configurations.Redundant];

    [Theory]
    [MemberData(nameof(All))]
    public void Without_a_safeguard_something_goes_wrong(string safeguard)
    {
        Safeguards without = Enum.Parse<Safeguards>(safeguard);
        (string configuration, string violation) = Needed[without];

        SearchResult result = new Search(Configurations.Get(configuration, without)).Run();

        output.WriteLine(result.ToString());
        Assert.StartsWith(violation, result.Violation);
    }

    [Theory]
    [MemberData(nameof(WhereRedundant))]
    public void Without_the_redundant_guards_there_is_no_other_state(string configuration) => CheckRedundant(configuration);

    [Fact(Explicit = true)]
    public void Without_the_redundant_guards_there_is_no_other_state_in_any_small_configuration() =>
        Assert.All(Configurations.Small, CheckRedundant);

    [Theory]
    [InlineData(nameof(Safeguards.SealBeforeStaging))]
    [InlineData(nameof(Safeguards.RecordBeforeCut))]
    [InlineData(nameof(Safeguards.SearchAfterUnknown))]
    public void Random_histories_find_it_too(string safeguard)
    {
        Configuration configuration = Configurations.Get(Configurations.Everything, Enum.Parse<Safeguards>(safeguard));

        SearchResult result = new Walk(configuration, seed: 1).Run(20_000);

        output.WriteLine(result.ToString());
        Assert.NotNull(result.Violation);
    }

    private void CheckRedundant(string configuration)
    {
        SearchResult result = new Search(Configurations.Get(configuration, Safeguards.Redundant)).Run();

        output.WriteLine(result.ToString());
        Assert.True(result.Violation is null, result.ToString());
        Assert.Equal(Readme.Counts[configuration], result.States);
    }
}
