using System.Text;

namespace DurableSessions.Core.Messages;

/// <summary>What a message says, as text.</summary>
public static class MessageText
{
    /// <summary>
    /// The texts of a message, in order: what its text parts say, the abstracts of what it refers to, what tools were given and answered.
    /// Of a part of another type, the part itself.
    /// </summary>
    public static IEnumerable<string> Of(SessionMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        foreach (MessagePart part in message.Parts)
        {
            foreach (string text in Of(part))
            {
                yield return text;
            }

            if (part.Type is not ("text" or "context" or "tool"))
            {
                yield return Encoding.UTF8.GetString(part.Utf8.Span);
            }
        }
    }

    /// <summary>The same without parts of other types, as images.</summary>
    public static IEnumerable<string> ThatIsSaid(SessionMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Parts.SelectMany(Of);
    }

    private static IEnumerable<string> Of(MessagePart part)
    {
        switch (part.Type)
        {
            case "text":
                yield return part.Text ?? "";
                break;
            case "context" when part.Abstract is { } line:
                yield return line;
                break;
            case "tool":
                yield return $"{part.ToolName} {part.ToolInput?.Text()}".TrimEnd();
                if (part.ToolOutput is { } output)
                {
                    yield return output.Text();
                }

                break;
        }
    }
}
