using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Tests.Appending;

public class MessageIdTests
{
    [Fact]
    public void One_that_was_written_is_read()
    {
        var id = MessageId.NewRandom();

        Assert.True(MessageId.TryParse(id.ToString(), out MessageId read));
        Assert.Equal(id, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("msg_")]
    [InlineData("msg_0000000000004000800000000000000g")]
    [InlineData("msg_000000000000400080000000000000000")]
    [InlineData("msg_0000000000004000800000000000000 ")]
    [InlineData("msg_00000000000040\0\08000000000000000")]
    [InlineData("msg_0000000000004000800000000000000\0")]
    public void Any_other_text_is_not(string text) => Assert.False(MessageId.TryParse(text, out _));
}
