using System.Text;
using System.Text.RegularExpressions;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>
/// How good a digest is, in figures: on conversations that its rules were tuned on, and on others that were held out. Rules are not changed
/// for the sake of a held-out conversation: what is learnt from one belongs into the tuning set, in other words.
/// </summary>
public sealed partial class DigestMeasureTests(ITestOutputHelper output)
{
    private const string Tuning = "tuning";
    private const string HeldOut = "held-out";
    private const int Length = SemanticDigest.MaxOverviewLength;

    // One session that has everything: eleven times as long as an overview.
    private const string Long = "family+incident+pairing+support";
    private const string LongTuning = "friends+garden+printer+rewrite";

    // One that has no assistant and no tool.
    private const string LongChat = "friends+garden+penfriends";

    public static TheoryData<string, string> All { get; } =
        new([.. MeasuredConversation.NamesIn(Tuning).Select(static n => (Tuning, n)),
            .. MeasuredConversation.NamesIn(HeldOut).Select(static n => (HeldOut, n))]);

    [Theory]
    [MemberData(nameof(All))]
    public void What_is_asked_has_its_evidence_in_the_conversation(string set, string name)
    {
        MeasuredConversation conversation = MeasuredConversation.Load(set, name);
        Assert.InRange(conversation.Questions.Count, 8, 40);
        Assert.NotEmpty(conversation.Stale);
        Assert.Contains(conversation.Messages, static m => m.IsSmallTalk);
        ILookup<string, string> texts = conversation.Messages.ToLookup(static m => m.Id, static m => m.Text);
        foreach (MeasuredQuestion question in conversation.Questions.Concat(conversation.Stale))
        {
            IEnumerable<string> evidence = question.Evidence.SelectMany(e => texts[e]);
            Assert.True(
                evidence.Any() && (question.Kind == "time" || question.IsIn(evidence)),
                $"{name}: \"{question.Text}\" is not answered by {string.Join(", ", question.Evidence)}.");
        }
    }

    [Fact]
    public async Task Tuning_conversations_keep_what_was_reached()
    {
        IReadOnlyList<Figures> figures =
            await MeasureAsync(Tuning, [.. MeasuredConversation.NamesIn(Tuning), LongTuning, LongChat], print: true);
        AssertReached(figures, shareOfFacts: 71, shareOfDates: 63);
    }

    [Fact]
    public async Task Held_out_conversations_keep_what_was_reached()
    {
        IReadOnlyList<Figures> figures = await MeasureAsync(HeldOut, [.. MeasuredConversation.NamesIn(HeldOut), Long], print: false);
        AssertReached(figures, shareOfFacts: 60, shareOfDates: 40);
        Figures whole = figures[^1];
        Assert.True(
            whole.Covered >= 2 * whole.Centroid,
            $"The centroid of a long session covers {whole.Centroid}, the digest {whole.Covered}.");
    }

    // In percent of all, the long session beside its parts; at most one statement in seven that no longer holds is kept.
    private static void AssertReached(IReadOnlyList<Figures> figures, int shareOfFacts, int shareOfDates)
    {
        Assert.InRange(100 * figures.Sum(static f => f.Covered) / figures.Sum(static f => f.Questions), shareOfFacts, 100);
        Assert.InRange(100 * figures.Sum(static f => f.Times) / figures.Sum(static f => f.AllTimes), shareOfDates, 100);
        Assert.InRange(7 * figures.Sum(static f => f.Stale), 0, figures.Sum(static f => f.AllStale));
        Assert.Equal(0, figures.Sum(static f => f.SmallTalk));
        Assert.Equal(0, figures.Sum(static f => f.SameAbstracts));
    }

    private async Task<IReadOnlyList<Figures>> MeasureAsync(string set, IReadOnlyList<string> names, bool print)
    {
        List<Figures> all = [];
        StringBuilder text = new();
        foreach (string name in names)
        {
            MeasuredConversation conversation = MeasuredConversation.Load(set, name);
            IReadOnlyList<SemanticDigest> digests = await conversation.DigestAsync(new ExtractiveSemanticProcessor());
            Figures figures = Figures.Of(conversation, digests);
            all.Add(figures);
            output.WriteLine($"{name}: {figures}");
            if (print)
            {
                string[] lines = digests[^1].Overview.Split('\n');
                text.AppendLine().AppendLine(name);
                foreach (MeasuredQuestion question in conversation.Questions.Where(q => !q.IsIn(lines)))
                {
                    text.AppendLine($"  missing: {question.Text} {string.Join(" ; ", question.Answer)}");
                }

                foreach (MeasuredQuestion stale in conversation.Stale.Where(q => q.IsIn(lines)))
                {
                    text.AppendLine($"  stale: {stale.Text}");
                }

                foreach (SemanticDigest digest in digests)
                {
                    text.AppendLine("  abstract: " + digest.Abstract);
                }

                text.AppendLine(digests[^1].Overview);
            }
        }

        output.WriteLine(text.ToString());
        return all;
    }

    private sealed partial record Figures(
        int Covered, int Questions, int Times, int AllTimes, int Stale, int AllStale, int SmallTalk, int SameAbstracts, int Commits,
        int Last, double Drawn, int Centroid, int LastStale, int CentroidStale, int Whole)
    {
        public static Figures Of(MeasuredConversation conversation, IReadOnlyList<SemanticDigest> digests)
        {
            string[] lines = [.. digests[^1].Overview.Split('\n').Select(static l => Struck().Replace(l, ""))];
            string[] names = lines[(Array.FindLastIndex(lines, static l => l.StartsWith("## ", StringComparison.Ordinal)) + 1)..];
            List<MeasuredQuestion> facts = [.. conversation.Questions.Where(static q => q.Kind != "time")];
            List<MeasuredQuestion> times = [.. conversation.Questions.Where(static q => q.Kind == "time")];
            string small = string.Join('\n', conversation.Messages.Where(static m => m.IsSmallTalk).Select(static m => m.Text));
            string[] texts = [.. conversation.Messages.Select(static m => m.Text)];
            IReadOnlyList<string> last = Baselines.Last(texts, Length);
            IReadOnlyList<string> centroid = Baselines.Centroid(texts, Length);
            int In(IEnumerable<MeasuredQuestion> questions, IEnumerable<string> among) => questions.Count(q => q.IsIn(among));
            return new Figures(
                In(facts, lines),
                facts.Count,
                In(times, lines),
                times.Count,
                In(conversation.Stale, lines),
                conversation.Stale.Count,
                lines.Except(names).Count(l => Said(l) is { Length: > 4 } said && small.Contains(said, StringComparison.Ordinal)),
                digests.Count - digests.Select(static d => d.Abstract).Distinct(StringComparer.Ordinal).Count(),
                digests.Count,
                In(facts, last),
                Enumerable.Range(0, 20).Average(seed => In(facts, Baselines.Drawn(texts, Length, seed))),
                In(facts, centroid),
                In(conversation.Stale, last),
                In(conversation.Stale, centroid),
                In(facts, texts));
        }

        // What a line of the overview says, without who and when.
        private static string Said(string line) => Label().Replace(line, "").TrimEnd('.', '!', '…');

        [GeneratedRegex("~~.*?~~", RegexOptions.CultureInvariant)]
        private static partial Regex Struck();

        [GeneratedRegex(@"^- (?:[0-9]{4}-[0-9]{2}-[0-9]{2}[^:]*: |[^ :]+: )?", RegexOptions.CultureInvariant)]
        private static partial Regex Label();

        public override string ToString() =>
            $"{Covered}/{Questions} facts (last {Last}, drawn {Drawn:0.0}, centroid {Centroid}, whole {Whole}), {Times}/{AllTimes} dates, "
            + $"{Stale}/{AllStale} stale (last {LastStale}, centroid {CentroidStale}), {SmallTalk} small talk, "
            + $"{SameAbstracts}/{Commits} same abstracts";
    }
}
