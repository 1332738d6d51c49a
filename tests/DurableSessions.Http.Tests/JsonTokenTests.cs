using System.Text;
using System.Text.Json;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Tests;

/// <summary>What a body costs before it is refused: each of its tokens has an entry in the document that is made of it.</summary>
public class JsonTokenTests
{
    private static readonly Dictionary<string, (string Head, string Item, string End)> s_bombs = new()
    {
        ["numbers"] = ("{\"role\":\"user\",\"content\":\"x\",\"a\":[0", ",0", "]}"),
        ["objects"] = ("{\"role\":\"user\",\"parts\":[{}", ",{}", "]}"),
        ["names"] = ("{\"role\":\"user\",\"content\":\"x\"", ",\"a\":{}", "}"),
        ["arrays"] = ("[[]", ",[]", "]"),
    };

    public static TheoryData<string> Bombs { get; } = [.. s_bombs.Keys];

    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_body_of_the_largest_size_made_of_tokens_is_refused_before_it_costs_memory(string name)
    {
        byte[] body = Body(name, HttpLimits.MaxBodyBytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ApiException refused = Assert.Throws<ApiException>(() => RequestJsonParser.ParseMessages(body, out _));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(
            "body: has more than 2000000 JSON tokens (names, values, and both ends of objects and arrays).", refused.Error.Message);
        Assert.Equal(400, refused.Error.HttpStatus);
        Assert.InRange(allocated, 0, 64 * 1024);
        Assert.Throws<ApiException>(() => RequestJsonParser.Parse(body, out _));
    }

    [Fact]
    public void As_many_tokens_as_there_may_be_are_taken()
    {
        byte[] body = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat('0', RequestLimits.MaxJsonTokens - 2))}]");
        using JsonDocument document = RequestJsonParser.ParseMessages(body, out _);
        Assert.Equal(RequestLimits.MaxJsonTokens - 2, document.RootElement.GetArrayLength());
    }

    private static byte[] Body(string name, int bytes)
    {
        (string head, string item, string end) = s_bombs[name];
        var body = new StringBuilder(head, bytes);
        while (body.Length + item.Length + end.Length <= bytes)
        {
            body.Append(item);
        }

        return Encoding.UTF8.GetBytes(body.Append(end).ToString());
    }
}
