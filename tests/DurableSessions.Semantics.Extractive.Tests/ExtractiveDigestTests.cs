using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

public sealed class ExtractiveDigestTests
{
    [Fact]
    public async Task An_empty_conversation_is_digested_to_one_fixed_line_and_carried_as_nothing()
    {
        SemanticDigest empty = await Digests.MakeAsync(null, []);
        SemanticDigest next = await Digests.MakeAsync(
            empty.Overview, [Conversation.Text("user", "Please rename the module `billing` to `invoices`.")]);
        Assert.Equal(empty, await Digests.MakeAsync(empty.Overview, []));
        Assert.Contains("`billing`", next.Overview, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing to tell", next.Overview, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""[{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}]""")]
    [InlineData("""[{"type":"tool"}]""")]
    [InlineData("""[{"type":"tool","tool_name":"","tool_input":[[["x"]]],"tool_output":{"a":1}}]""")]
    [InlineData("""[{"type":"tool","tool_name":"a`b\n## c","tool_input":{"path":7}"""
        + ""","tool_output":"Error: \u0000 <b>\n## Open","tool_status":"error"}]""")]
    [InlineData("""[{"type":"text","text":"\ud800 we decided to use \udc00 instead \u0000"}]""")]
    [InlineData("""[{"type":"tool","tool_name":"\ud800","tool_input":{"\ud800":"\udfff","command":"git commit -m \"\ud800 fix\"","todos":"""
        + """[{"content":"\ud800 call Ana back","status":"pending"}]}}]""")]
    [InlineData("""[{"type":"text"},{"type":"context"},{"text":5},7,null,"x",{"type":{}}]""")]
    [InlineData("""[{"type":"text","text":"   \n\t\n"},{"type":"text","text":"```"},"""
        + """{"type":"text","text":"?"},{"type":"text","text":"。。。"}]""")]
    public async Task Odd_parts_are_digested_like_any_others(string parts)
    {
        SemanticDigest digest = await Digests.MakeAsync(null, [Conversation.Parse("user", parts), Conversation.Parse("assistant", parts)]);
        await Digests.MakeAsync(digest.Overview, [Conversation.Parse("", parts)]);
    }

    [Fact]
    public async Task Markdown_and_tags_in_a_message_stay_inside_its_item()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            (
                "user",
                "## Open\n- [ ] Please never call the service `a ## Names and files\n> <script>alert(1)</script> "
                + "We decided to use <img src=x onerror=y> plan B instead."
            ),
            (
                "assistant",
                "We decided to read ![secret](https://evil.example/x.png) and [this](javascript:alert(1)) from src/a.cs instead of <iframe"
            ));
        Assert.DoesNotContain("<script", digest.Overview, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", digest.Overview, StringComparison.Ordinal);
        Assert.DoesNotContain("](", digest.Overview, StringComparison.Ordinal);
        Assert.Contains("plan B instead", digest.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_is_open_until_the_other_side_answers()
    {
        (string, string) question = ("user", "Which region should the backup bucket live in?");
        Assert.Contains(
            (await Digests.MakeAsync(question)).Section("Open"), static l => l.Contains("backup bucket", StringComparison.Ordinal));
        SemanticDigest unsure = await Digests.MakeAsync(question, ("assistant", "I'm not sure, that depends on the contract."));
        Assert.Contains(unsure.Section("Open"), static l => l.Contains("backup bucket", StringComparison.Ordinal));
        SemanticDigest answered = await Digests.MakeAsync(question, ("assistant", "Frankfurt, next to the database."));
        Assert.Empty(answered.Section("Open"));
        Assert.Contains("Frankfurt", answered.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_to_be_done_is_open_until_it_is_done_in_a_later_commit()
    {
        SemanticDigest open = await Digests.MakeAsync(("assistant", "Still to do: write the migration for the customer table."));
        Assert.Single(open.Section("Open"));
        SemanticDigest later = await Digests.MakeAsync(
            open.Overview, [Conversation.Text("assistant", "I looked at the logs of the gateway today.")]);
        Assert.Single(later.Section("Open"));
        SemanticDigest done = await Digests.MakeAsync(
            later.Overview, [Conversation.Text("assistant", "The migration for the customer table is written and all tests pass.")]);
        Assert.Empty(done.Section("Open"));
    }

    [Fact]
    public async Task Greetings_filler_code_and_tool_noise_are_left_out()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            null,
            [
                Conversation.Text("user", "Hello! Thanks, great work."),
                Conversation.Text(
                    "assistant", "You're welcome! Let me know if you need anything else.\n```\nwe decided = to_use(secret_code)\n```"),
                Conversation.Parse(
                    "assistant",
                    """
                    [{"type":"tool","tool_name":"Bash","tool_input":{"command":"ls"},
                      "tool_output":"total 12\nwe decided to use nothing\nfoo bar","tool_status":"completed"}]
                    """),
            ]);
        Assert.Equal("_Nothing to tell yet._", digest.Overview);
    }

    [Fact]
    public async Task Tools_leave_their_files_errors_results_commits_and_to_dos()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            null,
            [
                Conversation.Parse(
                    "assistant",
                    """
                    [{"type":"tool","tool_name":"Edit","tool_input":{"file_path":"/home/me/shop/src/cart/total.ts"},"tool_output":"ok"},
                     {"type":"tool","tool_name":"Bash","tool_input":{"command":"npm test"},
                      "tool_output":"Tests: 3 failed, 20 passed","tool_status":"error"},
                     {"type":"tool","tool_name":"Bash","tool_input":{"command":"npm run lint"},
                      "tool_output":"x\nTypeError: cannot read total of undefined\ny","tool_status":"error"},
                     {"type":"tool","tool_name":"Bash","tool_input":{"command":"git commit -m 'Round totals to cents'"},"tool_output":""},
                     {"type":"tool","tool_name":"TodoWrite",
                      "tool_input":{"todos":[{"content":"Translate the receipt","status":"pending"}]},"tool_output":"ok"}]
                    """),
            ]);
        Assert.Contains("src/cart/total.ts", digest.Overview, StringComparison.Ordinal);
        Assert.Contains("3 failed, 20 passed", digest.Overview, StringComparison.Ordinal);
        Assert.Contains("TypeError: cannot read total of undefined", digest.Overview, StringComparison.Ordinal);
        Assert.Contains("Round totals to cents", digest.Overview, StringComparison.Ordinal);
        Assert.Contains(digest.Section("Open"), static l => l.Contains("Translate the receipt", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_overview_of_another_processor_is_carried_by_its_headings_and_items()
    {
        const string foreign = """
            # Session summary
            The team builds **Kestrel Maps**, an offline map for hikers.

            ### Key decisions
            1. Tiles are stored in MBTiles, not in plain files.
            * Dana reviews every change to `core/tiles.ts`.

            ### Next steps
            - [ ] Measure battery use on the old phones
            """;
        SemanticDigest digest = await Digests.MakeAsync(foreign, [Conversation.Text("user", "Please add a compass to the start screen.")]);
        Assert.Contains(digest.Section("Decided"), static l => l.Contains("MBTiles", StringComparison.Ordinal));
        Assert.Contains(digest.Section("Open"), static l => l == "- Measure battery use on the old phones");
        Assert.Contains("Kestrel Maps", digest.Overview, StringComparison.Ordinal);
        Assert.Contains(digest.Section("Names and files"), static l => l.Contains("`core/tiles.ts`", StringComparison.Ordinal));
        Assert.Contains("compass", digest.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_digest_of_nothing_new_keeps_what_there_was()
    {
        SemanticDigest first = await Digests.MakeAsync(null, Conversation.Load("birthday").Messages);
        SemanticDigest second = await Digests.MakeAsync(first.Overview, []);
        foreach (string title in (string[])["Preferences", "Open"])
        {
            Assert.InRange(second.Section(title).Count, first.Section(title).Count - 1, first.Section(title).Count);
        }
    }

    [Fact]
    public async Task Chinese_sentences_are_split_and_sorted()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            ("user", "请帮我重构登录模块。我们决定改用 JWT，不用 session 了！以后回答请用中文。缓存的过期时间还没定，要问一下王总。"),
            ("assistant", "好的，没问题！"));
        Assert.Contains(digest.Section("Asked"), static l => l == "- 请帮我重构登录模块。");
        Assert.Contains(digest.Section("Decided"), static l => l.Contains("JWT", StringComparison.Ordinal));
        Assert.Contains(digest.Section("Preferences"), static l => l.Contains("请用中文", StringComparison.Ordinal));
        Assert.Contains(digest.Section("Open"), static l => l.Contains("还没定", StringComparison.Ordinal));
        Assert.Contains(digest.Section("Names and files"), static l => l.Contains("王总", StringComparison.Ordinal));
    }
}
