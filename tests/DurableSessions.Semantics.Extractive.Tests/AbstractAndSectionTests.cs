using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>What an abstract is made of, and under which title a statement stands.</summary>
public sealed class AbstractAndSectionTests
{
    [Fact]
    public async Task An_abstract_tells_of_its_own_archive()
    {
        SemanticDigest first = await Digests.MakeAsync(
            ("user", "Please rewrite the invoice mailer in Kotlin. Let's go with Ktor and Postgres."));
        SemanticDigest second = await Digests.MakeAsync(
            first.Overview, [Conversation.Text("user", "The bounces arrive in the mailbox pigeonhole, Quirin keeps them for 14 days.")]);
        Assert.Contains("invoice mailer", first.Abstract, StringComparison.Ordinal);
        Assert.Contains("pigeonhole", second.Abstract, StringComparison.Ordinal);
        Assert.DoesNotContain("invoice mailer", second.Abstract, StringComparison.Ordinal);
        Assert.Contains("invoice mailer", second.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_that_points_back_is_no_abstract()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            ("user", "Can you help us find out why? The labels of the printer Quill 220 come out blank."));
        Assert.DoesNotContain("find out why", digest.Abstract, StringComparison.Ordinal);
        Assert.Contains("Quill 220", digest.Abstract, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_is_open_until_it_works()
    {
        SemanticDigest failing = await Digests.MakeAsync(
            null, [WhoAndWhenTests.Say("The export fails since Friday.", "2025-03-02T10:00:00Z")]);
        Assert.Equal("- 2025-03-02: The export fails since Friday (2025-02-28).", Assert.Single(failing.Section("Open")));
        Assert.Empty(failing.Section("Done and found"));
        SemanticDigest fixedLater = await Digests.MakeAsync(
            failing.Overview, [Conversation.Text("assistant", "The export of Friday is fixed, the disk was full.")]);
        Assert.Empty(fixedLater.Section("Open"));
        Assert.NotEmpty(fixedLater.Section("Done and found"));
    }

    [Fact]
    public async Task A_chat_has_the_sections_of_a_chat_for_as_long_as_it_is_one()
    {
        SessionMessage[] chat =
        [
            WhoAndWhenTests.Say("I adopted two hens from a farm rescue, Ada and Countess.", "2025-03-02", peer: "Bram"),
            WhoAndWhenTests.Say("I booked the train to Hollinbeck for the Easter weekend.", "2025-03-02", peer: "Tova"),
        ];
        SemanticDigest digest = await Digests.MakeAsync(null, chat);
        Assert.Contains("- 2025-03-02 Bram: I adopted two hens from a farm rescue, Ada and Countess.", digest.Section("Told"));
        Assert.Empty(digest.Section("Facts"));
        digest = await Digests.MakeAsync(digest.Overview, [chat[1]]);
        Assert.NotEmpty(digest.Section("Told"));
        digest = await Digests.MakeAsync(digest.Overview, [Conversation.Text("assistant", "I wrote the timetable to `trains.csv`.")]);
        Assert.NotEmpty(digest.Section("Facts"));
        Assert.Empty(digest.Section("Told"));
    }

    [Fact]
    public async Task After_an_overview_of_another_processor_people_are_no_chat()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            "# Summary\n\nThe shop prints labels on four printers of the model Quill 220.\n",
            [
                WhoAndWhenTests.Say("I adopted two hens from a farm rescue, Ada and Countess.", "2025-03-02", peer: "Bram"),
                WhoAndWhenTests.Say("The reservoir in Hollinbeck has a platform for swimmers.", "2025-03-02", peer: "Tova"),
            ]);
        Assert.NotEmpty(digest.Section("Facts"));
        Assert.Empty(digest.Section("Told"));
    }

    [Fact]
    public async Task Of_a_chat_neither_a_speaker_nor_everybody_is_a_name()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            null,
            [
                WhoAndWhenTests.Say("Tova played the violin with Annik in the boat house of Hollinbeck.", "2025-03-02", peer: "Bram"),
                WhoAndWhenTests.Say("Everybody in the quartet rehearses with Bram on the reservoir.", "2025-03-02", peer: "Tova"),
                WhoAndWhenTests.Say("Then Everybody and Tova met Annik, and Bram met Annik in Hollinbeck.", "2025-03-02", peer: "Bram"),
            ]);
        string names = Assert.Single(digest.Section("Names and files"), static l => l.StartsWith("- Names: ", StringComparison.Ordinal));
        Assert.Equal("- Names: Annik · Hollinbeck", names);
    }

    [Theory]
    [InlineData("Agreed, Mel!")]
    [InlineData("Aww, I can't wait to meet her!")]
    [InlineData("Wow, I'm so proud of you! Well done!")]
    [InlineData("That sounds wonderful, so happy for you!")]
    [InlineData("You always know what to say, haha.")]
    [InlineData("It works like that sometimes, I had to smile.")]
    [InlineData("Good luck with the planetarium in Hollinbeck, the comet and the telescope!")]
    public async Task Small_talk_is_left_out(string said)
    {
        SemanticDigest digest = await Digests.MakeAsync(
            null,
            [
                WhoAndWhenTests.Say("I adopted two hens from a farm rescue, Ada and Countess.", "2025-03-02", peer: "Bram"),
                WhoAndWhenTests.Say("Will you keep them in the yard of the bakery?", "2025-03-02", peer: "Bram"),
                WhoAndWhenTests.Say(said, "2025-03-02", peer: "Tova"),
            ]);
        Assert.DoesNotContain(" Tova: ", digest.Overview, StringComparison.Ordinal);
        Assert.Contains("Countess", digest.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_archive_does_not_push_out_those_before()
    {
        SemanticDigest digest = await Digests.MakeAsync(null, Enumerable.Range(0, 20).Select(static i => WhoAndWhenTests.Say(
            $"The {Words(i)} eats {Words(i + 60)} and a {Words(i + 120)}.", "2025-01-01", peer: "Tova")));
        digest = await Digests.MakeAsync(digest.Overview, Enumerable.Range(20, 40).Select(static i => WhoAndWhenTests.Say(
            $"We decided that {Words(i)} and {Words(i + 60)} carry a {Words(i + 120)} to {Words(i + 180)} past {Words(i + 240)}.",
            "2025-02-01",
            peer: "Bram")));
        string[] lines = digest.Overview.Split('\n');
        Assert.InRange(digest.Overview.Length, 3_500, SemanticDigest.MaxOverviewLength);
        Assert.InRange(lines.Count(static l => l.StartsWith("- 2025-01-01", StringComparison.Ordinal)), 10, 20);
    }

    // A word of its own for each number.
    private static string Words(int i) =>
        $"{"BDGKLMNPRT"[i % 10]}{"aeiou"[i / 10 % 5]}{"lmnrst"[i % 6]}{"aeiou"[i / 50 % 5]}{"dgkmpt"[i % 6]}os";
}
