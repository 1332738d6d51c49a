using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Tests.Retaining;

public sealed class MessageShapeTests
{
    private const string Text = """[{"type":"text","text":"four"}]""";
    private const string Tool = """[{"type":"tool","tool_id":"ab","tool_output":"cd"}]""";
    private const string Both = """[{"type":"tool","tool_id":"a"},{"type":"text","text":"bcd"}]""";

    [Theory]
    [InlineData("user", null, Text, (int)TurnPart.Query)]
    [InlineData("user", null, Tool, (int)TurnPart.Transport)]
    [InlineData("user", null, Both, (int)TurnPart.Query)]
    [InlineData("user", null, "[]", (int)TurnPart.Query)]
    [InlineData("assistant", null, Text, (int)TurnPart.Step)]
    [InlineData("assistant", null, Tool, (int)TurnPart.Step)]
    [InlineData("system", null, Text, (int)TurnPart.Step)]
    [InlineData("user", "user_query", Tool, (int)TurnPart.Query)]
    [InlineData("assistant", "user_query", Text, (int)TurnPart.Query)]
    [InlineData("user", "tool_transport", Text, (int)TurnPart.Transport)]
    [InlineData("assistant", "tool_transport", Text, (int)TurnPart.Transport)]
    [InlineData("assistant", "assistant_step", Text, (int)TurnPart.Step)]
    [InlineData("user", "assistant_step", Text, (int)TurnPart.Query)]
    [InlineData("assistant", "checkpoint", Text, (int)TurnPart.Step)]
    [InlineData("user", "checkpoint", Text, (int)TurnPart.Query)]
    public void The_kind_decides_and_else_the_role_and_the_parts(string role, string? kind, string parts, int part)
    {
        var said = new NewMessage { Role = role, MessageKind = kind, Parts = Encoding.UTF8.GetBytes(parts) };
        MessageShape shape = said.Shape();
        Assert.Equal((TurnPart)part, shape.Part);
        Assert.Equal(parts == "[]" ? 0 : 1, shape.Tokens);

        // A host that reads the message from storage sees it as the host that appended it.
        Assert.Equal(shape, MessageShape.Of(SessionMessage.Parse(said.ToLine(MessageId.NewRandom(), DateTimeOffset.UnixEpoch))));
    }
}
