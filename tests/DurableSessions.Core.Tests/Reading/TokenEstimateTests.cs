using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Tests.Reading;

/// <summary>The wire's rule for token estimates.</summary>
public sealed class TokenEstimateTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("a", 1)]
    [InlineData("abcd", 1)]
    [InlineData("abcde", 2)]
    [InlineData("漢字", 3)]
    [InlineData("漢", 2)]
    [InlineData("😀😀", 4)]
    [InlineData("é\u2028", 1)]
    public void Weights_are_summed_and_rounded_up_once(string text, long tokens) => Assert.Equal(tokens, TokenEstimate.Of(text));

    [Theory]
    [InlineData("""[{"type":"text","text":"abcde"},{"type":"text","text":"abc"}]""", 2)]
    [InlineData("""[{"type":"image_url","image_url":{"url":"http://example.com/a-long-name.png"}}]""", 0)]
    [InlineData("""[{"type":"context","uri":"x","abstract":"abcd"}]""", 1)]
    [InlineData("""[{"type":"tool","tool_id":"ab","tool_name":"cd","tool_input":{"a":1},"tool_output":"efgh"}]""", 4)]
    [InlineData("""[{"type":"tool","tool_id":"ab","tool_name":"cd","tool_input":null,"tool_output":[1]}]""", 2)]
    [InlineData("""[{"type":"text","text":"\u6f22\u5b57\ud83d\ude00"},{"type":"text","text":"a漢😀é"}]""", 9)]
    [InlineData("""[ {"type":"text","text":"ab","t\u0065xt":"abcde"} , {"\ud800":"abcdefgh"} , {} , [ 1 ] , "x" , null , 5 ]""", 2)]
    [InlineData(" [ ] ", 0)]
    public void All_parts_count_that_a_model_sees(string parts, long tokens) =>
        Assert.Equal(tokens, TokenEstimate.Of(new MessageParts(Encoding.UTF8.GetBytes(parts))));
}
