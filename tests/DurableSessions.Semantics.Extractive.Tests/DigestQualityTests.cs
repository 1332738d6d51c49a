using System.Text;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

public sealed class DigestQualityTests(ITestOutputHelper output)
{
    // The share of facts, in percent, that was reached: a change of the digest must not fall below it.
    public static TheoryData<string, int> Reached { get; } = new()
    {
        { "warehouse", 90 },
        { "library-reminders", 93 },
        { "birthday", 100 },
        { "store-inspection", 100 },
        { "table-diff", 100 },
    };

    [Theory]
    [MemberData(nameof(Reached))]
    public async Task As_many_facts_survive_into_the_last_digest_as_were_reached(string name, int reached)
    {
        Conversation conversation = Conversation.Load(name);
        IReadOnlyList<SemanticDigest> digests = await conversation.DigestAsync(new ExtractiveSemanticProcessor());
        string[] lines = [digests[^1].Abstract, .. digests[^1].Overview.Split('\n')];
        var found = conversation.Facts.ToLookup(fact => fact.IsIn(lines));
        int share = 100 * found[true].Count() / conversation.Facts.Count;
        output.WriteLine(Report(name, conversation, digests, found));
        Assert.True(share >= reached, $"{share} % of the facts about '{name}' survive, {reached} % did.");
    }

    private static string Report(string name, Conversation conversation, IReadOnlyList<SemanticDigest> digests, ILookup<bool, Fact> found)
    {
        StringBuilder report = new();
        report.AppendLine(
            $"{name}: {found[true].Count()} of {conversation.Facts.Count} facts after {conversation.Commits} commits, "
            + $"overview of {digests[^1].Overview.Length} characters");
        foreach (IGrouping<string, Fact> kind in conversation.Facts.GroupBy(static fact => fact.Kind))
        {
            string missing = string.Join(", ", kind.Where(fact => found[false].Contains(fact)).Select(static fact => fact.About));
            report.AppendLine($"  {kind.Key,-12} {kind.Count(fact => found[true].Contains(fact)),2} of {kind.Count(),2}   {missing}");
        }

        report.AppendLine().AppendLine(digests[^1].Abstract).AppendLine().AppendLine(digests[^1].Overview);
        return report.ToString();
    }
}
