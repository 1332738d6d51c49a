using System.Text;
using DurableSessions.Core.Context;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Tests.Reading;

/// <summary>What a stored line costs to be read depends on its length, not on how many values are in it.</summary>
public sealed class TinyPartsTests
{
    private const int LineBytes = 10 * 1024 * 1024;
    private const int CutBytes = 1024 * 1024;

    private static readonly Dictionary<string, (string Head, string Item, string End)> s_lines = new()
    {
        ["empty parts"] = ("{}", ",{}", ""),
        ["parts of one letter"] = ("{}", """,{"type":"text","text":"a"}""", ""),
        ["tools without anything"] = ("""{"type":"tool"}""", """,{"type":"tool"}""", ""),
        ["a tool's input of numbers"] = ("""{"type":"tool","tool_input":[0""", ",0", "]}"),
        ["a tool's output of objects"] = ("""{"type":"tool","tool_output":[{"a":{}}""", ""","a",{"a":{}}""", "]}"),
        ["a part of an unknown type"] = ("""{"type":"x","a":[[]""", ",[]", "]}"),
    };

    public static TheoryData<string> Lines { get; } = [.. s_lines.Keys];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_of_tiny_values_is_read_in_no_memory_of_their_number(string name)
    {
        byte[] line = Line(name);
        long reading = Allocated(() => SessionMessage.Parse(line));
        SessionMessage message = SessionMessage.Parse(line);
        long estimating = Allocated(() => message.EstimatedTokens);
        long shape = Allocated(() => MessageShape.Of(message).Part);
        long walking = Allocated(() => message.Parts.Count(static p => p.Type.Length > 0 || p.Text is not null));
        Assert.InRange(reading, 0, 64 * 1024);
        Assert.InRange(estimating, 0, 64 * 1024);
        Assert.InRange(shape, 0, 64 * 1024);
        Assert.InRange(walking, 0, 4L * LineBytes);
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void It_is_cut_to_fit_in_a_few_times_its_length(string name)
    {
        SessionMessage message = SessionMessage.Parse(Line(name, CutBytes));
        SessionMessage? cut = null;
        long cutting = Allocated(() => cut = MessageTruncation.ToFit(message, 1_000));
        Assert.InRange(cutting, 0, 8L * CutBytes);
        Assert.InRange(cut!.EstimatedTokens, 0, 1_000);
    }

    private static byte[] Line(string name, int bytes = LineBytes)
    {
        (string head, string item, string end) = s_lines[name];
        var line = new StringBuilder($$"""{"id":"msg_0","role":"user","parts":[{{head}}""", bytes);
        while (line.Length < bytes)
        {
            line.Append(item);
        }

        return Encoding.UTF8.GetBytes(line.Append(end).Append("],\"created_at\":\"now\"}").ToString());
    }

    private static long Allocated<T>(Func<T> action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        T result = action();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(result);
        return allocated;
    }
}
