using System.Text.Json;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>Memories without a model.</summary>
public sealed class StatedMemoriesTests
{
    [Theory]
    [InlineData("Remember that the staging database is db2.", MemoryCategory.Entities, "The staging database is db2.")]
    [InlineData("Please remember: the phone is in the left drawer", MemoryCategory.Entities, "The phone is in the left drawer")]
    [InlineData("Always deploy with blue-green.", MemoryCategory.Preferences, "Always deploy with blue-green.")]
    [InlineData("Ok, never push to main on Fridays!", MemoryCategory.Preferences, "Never push to main on Fridays!")]
    [InlineData("I prefer tabs over spaces.", MemoryCategory.Preferences, "I prefer tabs over spaces.")]
    [InlineData("Remember that I prefer short answers.", MemoryCategory.Preferences, "I prefer short answers.")]
    [InlineData("From now on, answer in English.", MemoryCategory.Preferences, "From now on, answer in English.")]
    [InlineData("We decided to use Postgres for the ledger.", MemoryCategory.Events, "We decided to use Postgres for the ledger.")]
    [InlineData("We'll go with option B.", MemoryCategory.Events, "We'll go with option B.")]
    [InlineData("My name is Ann.", MemoryCategory.Profile, "My name is Ann.")]
    [InlineData("I work at Acme as an engineer.", MemoryCategory.Profile, "I work at Acme as an engineer.")]
    [InlineData("记住：测试数据库在 db2。", MemoryCategory.Entities, "测试数据库在 db2。")]
    [InlineData("以后请用中文回答我。", MemoryCategory.Preferences, "以后请用中文回答我。")]
    [InlineData("我更喜欢简短的回答。", MemoryCategory.Preferences, "我更喜欢简短的回答。")]
    [InlineData("我们决定改用 Postgres。", MemoryCategory.Events, "我们决定改用 Postgres。")]
    [InlineData("我叫安妮，在北京工作。", MemoryCategory.Profile, "我叫安妮，在北京工作。")]
    public async Task What_the_owner_states_is_a_memory(string said, MemoryCategory category, string content)
    {
        MemoryChange change = Assert.Single((await DigestAsync(Say($"Hello there. {said}"))).Memories);
        Assert.Equal(category, change.Category);
        Assert.Equal(content, change.Content);
        Assert.Equal(MemoryOperation.Merge, change.Operation);
        Assert.Equal(MemorySources.Owner, change.Sources);
        Assert.True(MemoryName.IsValid(change.Name), change.Name);
    }

    [Theory]
    [InlineData("Do you remember that we spoke about db2?")]
    [InlineData("I don't remember that one.")]
    [InlineData("I always get an error here.")]
    [InlineData("The build never passes.")]
    [InlineData("It was decided by another team.")]
    [InlineData("```\nAlways deploy with blue-green.\n```")]
    [InlineData("\"Always deploy with blue-green\", it says.")]
    [InlineData("> Always deploy with blue-green.")]
    [InlineData("# Always deploy with blue-green")]
    [InlineData("你喜欢茶吗？")]
    public async Task What_only_sounds_like_it_is_not(string said) => Assert.Empty((await DigestAsync(Say(said))).Memories);

    [Fact]
    public async Task Only_the_owner_states_memories()
    {
        const string Rule = "Always deploy with blue-green.";
        Assert.Empty((await DigestAsync(Say(Rule, "assistant"))).Memories);
        Assert.Empty((await DigestAsync(Say(Rule, "tool"))).Memories);
        Assert.Empty((await DigestAsync(Say(Rule, kind: "tool_transport"))).Memories);
        Assert.Empty((await DigestAsync(Say(Rule, peer: "bob"))).Memories);

        // A working directory, in which both sides speak: whichever comes first.
        Assert.Single((await DigestAsync(Say(Rule, peer: "/work"), Say("Noted.", "assistant", peer: "/work"))).Memories);
        Assert.Empty((await DigestAsync(
            Say(Rule, peer: "/work"), Say("Noted.", "assistant", peer: "/work"), Say("Hi.", peer: "bob"))).Memories);
    }

    [Fact]
    public async Task The_same_again_is_the_same_memory()
    {
        SemanticDigest first = await DigestAsync(Say("Always deploy with blue-green."), Say("always deploy with blue-green."));
        SemanticDigest later = await DigestAsync(Say("Please always deploy with blue-green!"));
        MemoryChange change = Assert.Single(first.Memories);
        Assert.Equal(change.Name, Assert.Single(later.Memories).Name);
    }

    [Fact]
    public async Task The_policy_is_kept()
    {
        SessionMessage[] said = [Say("Always deploy with blue-green."), Say("We decided to use Postgres.")];
        Assert.Equal(MemoryCategory.Events, Assert.Single((await DigestAsync([MemoryCategory.Events], said)).Memories).Category);
        SemanticDigest none = await DigestAsync(null, said);
        Assert.Empty(none.Memories);
        Assert.NotNull(none.WithoutMemories);
    }

    [Theory]
    [InlineData(40, 8)]
    [InlineData(500, 468)]
    public async Task What_is_more_than_a_commit_may_ask_for_is_said(int statements, int over)
    {
        SemanticDigest digest = await DigestAsync(
            [.. Enumerable.Range(0, statements).Select(static i => Say($"Always take road {i}."))]);
        Assert.Equal(MemoryLimits.MaxChanges, digest.Memories.Count);
        Assert.Equal("Always take road 0.", digest.Memories[0].Content);
        Assert.StartsWith($"{over} more statements", Assert.Single(digest.MemoriesSkipped).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The cat is called Miso. It likes fish, and who feeds it?", "user", "main", MemoryCategory.Entities, MemorySources.Peer)]
    [InlineData("The cat is called Miso.", "user", null, MemoryCategory.Entities, MemorySources.Owner)]
    [InlineData("The cat is called Miso.", "assistant", "main", MemoryCategory.Entities, MemorySources.Assistant)]
    [InlineData("I prefer tea.", "user", null, MemoryCategory.Preferences, MemorySources.Owner)]
    [InlineData("I prefer tea.", "user", "main", MemoryCategory.Entities, MemorySources.Peer)]
    [InlineData("We decided to use Postgres.", "user", "main", MemoryCategory.Events, MemorySources.Peer)]
    public async Task What_a_session_is_to_store_is_a_memory_as_a_whole(
        string said, string role, string? peer, MemoryCategory category, MemorySources sources)
    {
        MemoryChange change = Assert.Single((await StoreAsync(Say(said, role, peer: peer))).Memories);
        Assert.Equal((category, said, peer, sources), (change.Category, change.Content, change.Peer, change.Sources));
        Assert.Null(MemoryAuthority.Refusal(change));
        Assert.True(MemoryName.IsValid(change.Name), change.Name);
    }

    [Fact]
    public async Task What_asks_to_store_it_is_not_stored_and_what_is_too_long_is_not_cut()
    {
        string tooLong = new('m', MemoryLimits.MaxContentLength + 2);
        SemanticDigest digest = await StoreAsync(Say("remember that the report is due on Friday"), Say(tooLong));
        Assert.Equal("The report is due on Friday", digest.Memories[0].Content);
        Assert.True(digest.Memories[1].Content.Length > MemoryLimits.MaxContentLength);
    }

    private static Task<SemanticDigest> StoreAsync(params SessionMessage[] messages) =>
        DigestAsync(Enum.GetValues<MemoryCategory>(), messages, storesAll: true);

    private static Task<SemanticDigest> DigestAsync(params SessionMessage[] messages) =>
        DigestAsync(Enum.GetValues<MemoryCategory>(), messages);

    private static Task<SemanticDigest> DigestAsync(
        IReadOnlyList<MemoryCategory>? categories, SessionMessage[] messages, bool storesAll = false) =>
        new ExtractiveSemanticProcessor().DigestAsync(
            new SemanticRequest(null, messages.ToAsyncEnumerable())
            {
                Memories = categories is null
                    ? null
                    : new MemoryExtraction(categories, static _ => throw new InvalidOperationException("It asks for what there is."))
                    {
                        StoresAll = storesAll,
                    },
            },
            TestContext.Current.CancellationToken);

    private static SessionMessage Say(string text, string role = "user", string? kind = null, string? peer = null)
    {
        var line = new Dictionary<string, object>
        {
            ["id"] = $"msg_{Guid.NewGuid():N}",
            ["role"] = role,
            ["parts"] = (object[])[new { type = "text", text }],
            ["created_at"] = "2026-01-31",
        };
        if (peer is not null)
        {
            line["peer_id"] = peer;
        }

        if (kind is not null)
        {
            line["message_kind"] = kind;
        }

        return SessionMessage.Parse(JsonSerializer.SerializeToUtf8Bytes(line));
    }
}
