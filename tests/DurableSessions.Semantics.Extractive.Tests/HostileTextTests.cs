using System.Text.Json;
using CsCheck;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>Texts that are long, and made of what the digest looks at twice.</summary>
public sealed class HostileTextTests
{
    private const int Longest = 2 * 1024 * 1024;

    /// <summary>Against a hang alone: what is to be seen takes a few milliseconds.</summary>
    private static readonly TimeSpan HangTimeout = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> Texts = new()
    {
        ["markers"] = "- ",
        ["quotations"] = "> # 1. [x] ",
        ["backticks"] = "`a ``b ```",
        ["brackets"] = "[a](",
        ["images"] = "![",
        ["comments"] = "<!-- ",
        ["tags"] = "<a ",
        ["marks"] = ".\"",
        ["plus"] = "a+",
        ["slashes"] = "a/b.",
        ["openings"] = "Well, ok, please, ",
        ["emphasis"] = "**",
        ["accents"] = "\u0301",
        ["spaces"] = " \t",
        ["lines"] = "a b\n",
        ["results"] = "Passed: error: ",
    };

    private static readonly Dictionary<string, Func<string, string>> Fields = new()
    {
        ["text"] = static text => Part(new { type = "text", text }),
        ["abstract"] = static text => Part(new { type = "context", @abstract = text }),
        ["tool name"] = static text => Part(new { type = "tool", tool_name = text }),
        ["command"] = static text => Part(new { type = "tool", tool_name = "Bash", tool_input = new { command = text } }),
        ["path"] = static text => Part(new { type = "tool", tool_name = "Edit", tool_input = new { file_path = text } }),
        ["to-do"] = static text => Part(
            new { type = "tool", tool_name = "Todo", tool_input = new { todos = new[] { new { content = text, status = "open" } } } }),
        ["key"] = static text => Part(
            new
            {
                type = "tool",
                tool_name = "Read",
                tool_input = new Dictionary<string, string[]> { [text] = [.. Enumerable.Repeat("src/a/b.cs", 300)] },
            }),
        ["output"] = static text => Part(new { type = "tool", tool_name = "Bash", tool_output = text, tool_status = "error" }),
    };

    private static readonly Gen<string> Line =
        Gen.OneOf(Gen.Int[1, 5].Select(static n => new string('`', n)), Gen.Const("a"), Gen.Const("b c")).Array[0, 12]
            .Select(static parts => "a" + string.Concat(parts));

    public static TheoryData<string, string> Inputs()
    {
        var inputs = new TheoryData<string, string>();
        foreach (string text in Texts.Keys)
        {
            foreach (string field in Fields.Keys)
            {
                inputs.Add(text, field);
            }
        }

        return inputs;
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task A_digest_of_a_hostile_text_is_made_with_work_that_does_not_outgrow_it(string text, string field)
    {
        // First with texts that are digested in a moment even where each of their characters costs all the others.
        long small = await AllocatedAsync(text, field, 32 * 1024);
        long large = await AllocatedAsync(text, field, 64 * 1024);
        Assert.True(large < (small * 3) + (1024 * 1024), $"{large} bytes for a text twice as long as one that took {small}.");
        Assert.InRange(await AllocatedAsync(text, field, Longest), 1, 48L * Longest);
    }

    [Fact]
    public async Task Markers_and_backticks_are_read_in_one_pass_however_many_there_are()
    {
        string descending = string.Concat(Enumerable.Range(1, 2_800).Reverse().Select(static n => new string('`', n) + "a "));
        string[] lines = [.. Texts.Values.Select(Repeated), descending, new string('`', Longest), Repeated("``a "), Repeated("- [x] ")];
        string[] cleaned = await Task.Run(() => lines.Select(InlineText.Clean).ToArray(), TestContext.Current.CancellationToken)
            .WaitAsync(HangTimeout, TestContext.Current.CancellationToken);
        Assert.Equal("", cleaned[0]);
        Assert.Equal(string.Concat(Enumerable.Repeat("a ", 2_800)).TrimEnd(), cleaned[Texts.Count]);
    }

    [Fact]
    public void A_run_of_backticks_is_closed_by_the_next_one_that_is_as_long() => Line.Sample(
        static line => Assert.Equal(Spans(line), InlineText.Clean(line), StringComparer.Ordinal), iter: 20_000);

    private static string Repeated(string text) => string.Concat(Enumerable.Repeat(text, Longest / text.Length));

    private static string Part(object part) => JsonSerializer.Serialize(new[] { part });

    private static async Task<long> AllocatedAsync(string text, string field, int length)
    {
        string repeated = string.Concat(Enumerable.Repeat(Texts[text], length / Texts[text].Length));
        SessionMessage message = Conversation.Parse("user", Fields[field](repeated));
        return await Task.Run(() => Allocated(message), TestContext.Current.CancellationToken)
            .WaitAsync(HangTimeout, TestContext.Current.CancellationToken);
    }

    // Nothing here waits for anything, so all is allocated on one thread.
    private static long Allocated(SessionMessage message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Task<SemanticDigest> digest = new ExtractiveSemanticProcessor().DigestAsync(
            new SemanticRequest(null, new[] { message, message }.ToAsyncEnumerable()), CancellationToken.None);
        Assert.True(digest.IsCompletedSuccessfully);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    // The rule as it reads: each run looks through all that is behind it.
    private static string Spans(string line)
    {
        string text = "";
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '`')
            {
                text += line[i];
                continue;
            }

            int end = i;
            while (end < line.Length && line[end] == '`')
            {
                end++;
            }

            int close = line.IndexOf(line[i..end], end, StringComparison.Ordinal);
            text += close < 0 ? "" : $"`{line[end..close].Replace('`', '\'').Trim()}`";
            i = (close < 0 ? end : close + end - i) - 1;
        }

        return text;
    }
}
