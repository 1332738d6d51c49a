using System.Diagnostics;
using System.Globalization;
using System.Text;
using CsCheck;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

public sealed class DigestBoundsTests(ITestOutputHelper output)
{
    private static readonly Gen<string> Fragment = Gen.OneOf(
        Gen.String[Gen.Char['\0', '\uFFFF'], 0, 40],
        OneOf(
            "## Open\n", "- ", "```\n", "`", "<script>", "](", "[x]: http://a.b", "# ", "\n", "\r\n", "> ", "| a | b |\n|---|---|\n",
            "\\<", "1. ", "--- ", "~~~\n", "\u2028", "🧑‍🚀",
            "We decided to use src/a/b.cs instead. ", "Please never deploy on Fridays. ", "Still to do: call Ana. ",
            "我们决定改用 PostgreSQL。", "还没定！", "Why? ", "e\u0301", "## Names and files\n- Files: ", " · "),
        OneOf("Let's take the second one, ", "it failed with error 500; ", "a very long word" + new string('x', 300) + " "));

    private static readonly Gen<string> Text = Fragment.Array[0, 30].Select(string.Concat);

    private static readonly Gen<SessionMessage> Message =
        Gen.Select(OneOf("user", "assistant", "tool", "system", ""), Text, (role, text) => Made(role, text));

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    [Fact]
    public Task The_digest_of_any_messages_keeps_its_bounds_and_its_structure() =>
        Gen.Select(Message.List[0, 12], Message.List[0, 12], Text).SampleAsync(
            static async (first, second, foreign) =>
            {
                SemanticDigest digest = await Digests.MakeAsync(null, first);
                await Digests.MakeAsync(digest.Overview, second);
                await Digests.MakeAsync(foreign, second);
            },
            iter: 400);

    [Fact]
    public async Task The_same_request_makes_the_same_digest_in_any_culture()
    {
        Conversation conversation = Conversation.Load("warehouse");
        SemanticDigest first = await Digests.MakeAsync(null, conversation.Messages);
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            other.NumberFormat.NumberDecimalSeparator = "~";
            other.NumberFormat.NegativeSign = "minus";
            CultureInfo.CurrentCulture = other;
            Assert.Equal(first, await Digests.MakeAsync(null, conversation.Messages));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public async Task After_a_thousand_commits_the_overview_is_bounded_and_still_says_what_was_decided_first()
    {
        Conversation filler = Conversation.Load("library-reminders");
        SemanticDigest digest = await Digests.MakeAsync(
            ("user", "I want to build a ledger for Oyelaran Brothers. Always show amounts in naira, and never delete a booking."),
            ("assistant", "We decided on an append-only journal instead of editable rows, in `ledger/journal.rs`."));
        var watch = Stopwatch.StartNew();
        for (int commit = 0; commit < 1_000; commit++)
        {
            int from = commit * 7 % (filler.Messages.Count - 8);
            digest = await Digests.MakeAsync(digest.Overview, filler.Messages.Skip(from).Take(8));
        }

        output.WriteLine($"1,000 commits of 8 messages: {watch.ElapsedMilliseconds} ms");
        output.WriteLine(digest.Overview);
        Assert.Contains(digest.Section("Asked"), line => line.Contains("ledger for Oyelaran Brothers", StringComparison.Ordinal));
        Assert.Contains(digest.Section("Preferences"), line => line.Contains("never delete a booking", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public async Task Many_messages_are_digested_as_a_stream(int count)
    {
        Conversation conversation = Conversation.Load("warehouse");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var watch = Stopwatch.StartNew();
        await Digests.MakeAsync(null, Enumerable.Range(0, count).Select(i => Made(
            i % 2 == 0 ? "user" : "assistant",
            TextOf(conversation.Messages[i % conversation.Messages.Count])
                .Replace("the ", $"the {(char)('A' + (i % 26))}node{i} ", StringComparison.Ordinal))));
        long more = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1024;
        output.WriteLine($"{count} messages: {watch.ElapsedMilliseconds} ms; {more} KiB more afterwards");
    }

    [Fact]
    public async Task A_message_of_ten_megabytes_is_digested_from_its_ends()
    {
        string log = string.Concat(Enumerable.Repeat("2026-03-01T10:00:00 INFO request served in 12 ms by node seven\n", 160_000));
        var watch = Stopwatch.StartNew();
        SemanticDigest digest = await Digests.MakeAsync(
            ("user", "Please find out why the importer crashes.\n" + log + "\nNever restart the production server for that."));
        output.WriteLine($"10 MB: {watch.ElapsedMilliseconds} ms");
        Assert.Contains(digest.Section("Asked"), line => line.Contains("importer crashes", StringComparison.Ordinal));
        Assert.Contains(digest.Section("Preferences"), line => line.Contains("production server", StringComparison.Ordinal));
    }

    private static string TextOf(SessionMessage message) => message.Parts[0].Text ?? "";

    // Written with escapes, so that halves of surrogate pairs get through as clients can send them.
    private static SessionMessage Made(string role, string text)
    {
        StringBuilder json = new("""[{"type":"text","text":""");
        json.Append('"');
        foreach (char c in text)
        {
            bool isPlain = char.IsAsciiLetterOrDigit(c) || c == ' ';
            json.Append(isPlain ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
        }

        return Conversation.Parse(role, json.Append("\"}]").ToString());
    }
}
