using System.Text;
using System.Text.Json;
using DurableSessions.Core.Context;
using DurableSessions.Core.Messages;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Reading;

/// <summary>What a context keeps of the messages when they do not all fit.</summary>
public sealed class ContextWindowTests
{
    [Fact]
    public void Everything_is_there_while_it_fits()
    {
        (List<string> kept, long left) = Keep(100, User("aaaa"), Assistant("bbbb"), User("cccc"));
        Assert.Equal(["aaaa", "bbbb", "cccc"], kept);
        Assert.Equal(97, left);
    }

    [Fact]
    public void Over_budget_the_newest_survive_as_one_run()
    {
        (List<string> kept, long left) = Keep(10, User(Long('a', 4)), Assistant(Long('b', 4)), User(Long('c', 4)), Assistant(Long('d', 4)));
        Assert.Equal([Long('c', 4), Long('d', 4)], kept);
        Assert.Equal(2, left);
    }

    [Fact]
    public void The_run_stops_at_the_first_message_that_does_not_fit()
    {
        (List<string> kept, _) = Keep(
            10, User(Long('a', 1)), User(Long('x', 9)), User(Long('b', 3)), Assistant(Long('c', 3)), User(Long('d', 3)));
        Assert.Equal([Long('c', 3), Long('d', 3)], kept.Where(static t => t[0] is 'c' or 'd'));
        Assert.DoesNotContain(Long('a', 1), kept);
        Assert.Equal(3, kept.Count);
    }

    [Fact]
    public void The_latest_user_message_and_the_last_assistant_message_survive_first()
    {
        (List<string> kept, _) = Keep(12, User(Long('q', 5)), Assistant(Long('a', 5)), Tool(Long('t', 8)), Tool(Long('u', 2)));
        Assert.Equal([Long('q', 5), Long('a', 5), Long('u', 2)], kept);
    }

    [Fact]
    public void Messages_that_are_too_long_by_themselves_lose_their_middle()
    {
        (List<string> kept, long left) = Keep(100, User("start" + Long('a', 1000) + "end"), Assistant("so " + Long('b', 500) + " done"));
        Assert.Equal(2, kept.Count);
        Assert.StartsWith("start", kept[0], StringComparison.Ordinal);
        Assert.EndsWith("end", kept[0], StringComparison.Ordinal);
        Assert.Contains("[…]", kept[0], StringComparison.Ordinal);
        Assert.EndsWith("done", kept[1], StringComparison.Ordinal);
        Assert.InRange(left, 0, 4);
    }

    [Fact]
    public void What_one_of_the_two_does_not_need_the_other_may_have()
    {
        (List<string> kept, _) = Keep(100, User("why?"), Assistant(Long('b', 500)));
        Assert.Equal("why?", kept[0]);
        Assert.InRange(TokenEstimate.Of(kept[1]), 90, 99);
    }

    [Fact]
    public void A_cut_never_splits_a_code_point_and_keeps_other_parts()
    {
        string line = JsonSerializer.Serialize(new
        {
            id = "msg_" + new string('0', 32),
            role = "user",
            parts = new object[]
            {
                new { type = "text", text = string.Concat(Enumerable.Repeat("😀", 400)) },
                new
                {
                    type = "tool",
                    tool_id = "t",
                    tool_name = "n",
                    tool_input = new { path = new string('p', 4000) },
                    tool_output = "ok",
                },
                new { type = "custom", keep = new[] { 1, 2, 3 } },
            },
        });
        SessionMessage message = SessionMessage.Parse(Encoding.UTF8.GetBytes(line));
        SessionMessage cut = MessageTruncation.ToFit(message, 100);
        Assert.InRange(cut.EstimatedTokens, 80, 100);
        Assert.DoesNotContain('\uFFFD', cut.Parts[0].Text!);
        Assert.Equal("ok", cut.Parts[1].ToolOutput!.Value.Text());
        Assert.Equal("""{"type":"custom","keep":[1,2,3]}""", Encoding.UTF8.GetString(cut.Parts[2].Utf8.Span));
    }

    [Fact]
    public void Nothing_fits_into_no_budget()
    {
        (List<string> kept, long left) = Keep(0, User("aaaa"), Assistant("bbbb"));
        Assert.Equal(["", ""], kept);
        Assert.Equal(0, left);
    }

    private static string Long(char letter, int tokens) => new(letter, tokens * 4);

    private static NewMessage User(string text) => Words.Message(text);

    private static NewMessage Assistant(string text) => Words.Message(text, "assistant");

    private static NewMessage Tool(string text) => Words.Message(text, "tool");

    private static (List<string> Kept, long Left) Keep(long budget, params NewMessage[] messages)
    {
        var window = new ContextWindow(budget);
        foreach (NewMessage message in messages)
        {
            window.Add(SessionMessage.Parse(message.ToLine(MessageId.NewRandom(), DateTimeOffset.UnixEpoch)), null);
        }

        (IReadOnlyList<ContextMessage> kept, long left) = window.Close();
        Assert.InRange(kept.Sum(static m => m.Tokens) + left, 0, budget);
        return ([.. kept.Select(static m => Words.Text(SessionMessage.Parse(m.Line)))], left);
    }
}
