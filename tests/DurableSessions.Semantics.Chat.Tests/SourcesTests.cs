using System.Text.Json;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using Microsoft.ML.Tokenizers;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>What a question contains, and whose each part is.</summary>
public sealed class SourcesTests
{
    private const string Workspace = "-home-ada-apollo";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Messages as <c>role:peer:kind</c>, and their authors.</summary>
    public static TheoryData<string, string> Conversations { get; } = new()
    {
        { "user assistant", "owner assistant" },

        // A plugin of an editor: one id on both sides, also before the assistant has spoken.
        { $"user:{Workspace} assistant:{Workspace} user:{Workspace}", "owner assistant owner" },

        // A bot: each speaker's id, and none for the assistant.
        { "user:mallory assistant user:bob", "peer assistant peer" },

        // An id of the agent, with its messages alone.
        { "user assistant:agent", "owner assistant" },

        // An assistant that speaks to each under that one's id.
        { "user:mallory assistant:mallory user:bob assistant:bob", "peer assistant peer assistant" },
        { "user:mallory", "peer" },
        { "User OWNER system tool function", "peer peer assistant tool tool" },
        {
            "user::tool_transport user::checkpoint user::assistant_step user::user_query assistant::user_query",
            "tool assistant assistant owner assistant"
        },
    };

    [Theory]
    [MemberData(nameof(Conversations))]
    public async Task Each_message_is_its_authors(string conversation, string authors)
    {
        await using StubModel stub = await StubModel.StartAsync();
        using ChatModel model = Asking.Connect(stub);
        SessionMessage[] messages =
        [
            .. conversation.Split(' ').Select(static m => m.Split(':')).Select(static m => Asking.Message(
                m[0],
                m.Length > 1 && m[1].Length > 0 ? m[1] : null,
                m.Length > 2 ? m[2] : null,
                new { type = "text", text = "x" })),
        ];
        await model.Processor.DigestAsync(Asking.Request(null, messages), Cancelled);
        Assert.Equal(authors.Split(' '), Messages(stub.Questions[0]).Select(static m => m.GetProperty("from").GetString()));
        Assert.Equal(
            Enumerable.Range(1, messages.Length).Select(static i => $"m{i}"),
            Messages(stub.Questions[0]).Select(static m => m.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task The_owners_question_has_the_owners_words_and_memories_alone()
    {
        await using StubModel stub = await StubModel.StartAsync();
        using ChatModel model = Asking.Connect(stub);
        SemanticRequest request = Asking.Request(
            "the-overview",
            Asking.Message(
                "user",
                new { type = "text", text = "apollo is mine" },
                new { type = "context", @abstract = "foreign-1" },
                new { type = "tool", tool_name = "foreign-2", tool_output = "foreign-3" },
                new { type = "foreign-4", text = "foreign-5" },
                new { type = "foreign-6" }),
            Asking.Message("user", "foreign-7", null, new { type = "text", text = "foreign-8" }),
            Asking.Message("assistant", new { type = "text", text = "foreign-9" })) with
        {
            Memories = Asking.Memories(
                Asking.Memory(MemoryCategory.Entities, "owned", "the owner's"),
                Asking.Memory(MemoryCategory.Entities, "apollo", "foreign-10", MemorySources.Owner | MemorySources.Tool),
                Asking.Memory(MemoryCategory.Entities, "foreign-eleven", "foreign-12", MemorySources.Peer),
                Asking.Memory(MemoryCategory.Preferences, "old", "foreign-13", null)),
        };
        await model.Processor.DigestAsync(request, Cancelled);
        Assert.Equal(2, stub.Questions.Count);
        string whole = StubModel.Document(stub.Questions[0]).GetRawText();
        Assert.All(Enumerable.Range(1, 10), i => Assert.Contains($"foreign-{i}\"", whole, StringComparison.Ordinal));
        JsonElement owners = StubModel.Document(stub.Questions[1]);
        Assert.DoesNotContain("foreign", owners.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("the-overview", owners.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("apollo is mine", Asking.ShownText(Assert.Single(Messages(stub.Questions[1]))));
        Assert.Equal(
            [("owned", "the owner's"), ("apollo", null), ("old", null)],
            owners.GetProperty("memories").EnumerateArray()
                .Select(static m => (m.GetProperty("name").GetString()!, m.GetProperty("content").GetString())));
    }

    [Fact]
    public async Task What_the_question_did_not_contain_is_added_to_and_not_replaced()
    {
        await using StubModel stub = await StubModel.StartAsync();
        stub.NextSays(StubModel.Digest("a", "b"));
        stub.NextSays("""{"memories":[{"operation":"update","category":"preferences","name":"old","content":"new"}]}""");
        using ChatModel model = Asking.Connect(stub);
        SemanticDigest digest = await model.Processor.DigestAsync(
            Asking.Request(null, Asking.Text("I like it new")) with
            {
                Memories = Asking.Memories(Asking.Memory(MemoryCategory.Preferences, "old", "x", null)),
            },
            Cancelled);
        MemoryChange change = Assert.Single(digest.Memories);
        Assert.Equal((MemoryOperation.Merge, "new", MemorySources.Owner), (change.Operation, change.Content, change.Sources!.Value));
        Assert.Equal(new TokenUsage(200, 20, 2, 80, 8), digest.Usage);
    }

    [Fact]
    public async Task An_answer_about_the_owners_words_that_cannot_be_used_is_asked_for_again()
    {
        await using StubModel stub = await StubModel.StartAsync();
        stub.NextSays(StubModel.Digest("a", "b"));
        stub.NextSays("""{"memories":[{"operation":"merge","category":"events"}]}""");
        using ChatModel model = Asking.Connect(stub);
        await model.Processor.DigestAsync(
            Asking.Request(null, Asking.Text("x"), Asking.Message("assistant", new { type = "text", text = "y" })) with
            {
                Memories = Asking.Memories(),
            },
            Cancelled);
        Assert.Equal([2, 2, 3], stub.Questions.Select(static q => q.GetProperty("messages").GetArrayLength()));
    }

    [Fact]
    public async Task Both_answers_are_kept_and_neither_is_paid_for_again()
    {
        await using StubModel stub = await StubModel.StartAsync();
        using ChatModel model = Asking.Connect(stub);
        var kept = new System.Collections.Concurrent.ConcurrentDictionary<string, PaidAnswer>();
        for (int i = 1; i <= 2; i++)
        {
            SemanticDigest digest = await model.Processor.DigestAsync(
                Asking.Request("before", Asking.Text("x")) with { Memories = Asking.Memories(), Answers = Asking.Kept(kept) }, Cancelled);
            Assert.Equal(2, digest.Usage!.Answers);
            Assert.Equal((2, 2), (stub.Questions.Count, kept.Count));
        }
    }

    [Fact]
    public async Task Where_all_is_the_owners_there_is_one_question_and_it_may_change_everything()
    {
        await using StubModel stub = await StubModel.StartAsync();
        using ChatModel model = Asking.Connect(stub);
        (MemorySources?, MemorySources?, int, string)[] cases =
        [
            (MemorySources.Owner, MemorySources.Owner, 1, "all"), (null, MemorySources.Owner, 2, "additions"),
            (MemorySources.Owner, null, 2, "additions"), (MemorySources.Owner, MemorySources.Tool, 2, "additions"),
            (MemorySources.Assistant, MemorySources.Owner, 2, "additions"),
        ];
        foreach ((MemorySources? previous, MemorySources? memory, int questions, string may) in cases)
        {
            int before = stub.Questions.Count;
            await model.Processor.DigestAsync(
                Asking.Request("before", Asking.Text("x")) with
                {
                    PreviousSources = previous,
                    Memories = Asking.Memories(Asking.Memory(MemoryCategory.Entities, "e", "x", memory)),
                },
                Cancelled);
            Assert.Equal(questions, stub.Questions.Count - before);
            Assert.Equal(may, StubModel.Document(stub.Questions[before]).GetProperty("memory_changes").GetString());
        }
    }

    [Fact]
    public async Task A_message_of_many_and_long_parts_fits_its_window()
    {
        await using StubModel stub = await StubModel.StartAsync();
        using ChatModel model = Asking.Connect(stub, static o => o with { ContextTokens = 8_000, AnswerTokens = 1_000 });
        object[] parts =
            [.. Enumerable.Range(1, 3_000).Select(static i => new { type = "text", text = $"{i} " + new string('x', i % 90) })];
        await model.Processor.DigestAsync(Asking.Request(null, Asking.Message("user", parts)), Cancelled);
        JsonElement question = Assert.Single(stub.Questions);
        string all = string.Concat(
            question.GetProperty("messages").EnumerateArray().Select(static m => m.GetProperty("content").GetString()));
        Assert.InRange(TiktokenTokenizer.CreateForEncoding("o200k_base").CountTokens(all), 1, 7_000);
        JsonElement[] shown = [.. Messages(question)[0].GetProperty("parts").EnumerateArray()];
        Assert.StartsWith("1 ", shown[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("3000 ", shown[^1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Contains(shown, static p => p.GetProperty("type").GetString() == "omitted");
    }

    private static JsonElement[] Messages(JsonElement question) =>
        [.. StubModel.Document(question).GetProperty("messages").EnumerateArray()];
}
