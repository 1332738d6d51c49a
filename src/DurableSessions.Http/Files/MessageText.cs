using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Http.Files;

/// <summary>What a message says, as text.</summary>
internal static class MessageText
{
    /// <summary>Appends a message with its time and its speaker.</summary>
    public static void AppendTo(StringBuilder text, SessionMessage message)
    {
        text.Append('[').Append(message.CreatedAt).Append("] ").Append(message.Role).Append(": ");
        text.AppendJoin('\n', Of(message)).Append('\n');
    }

    /// <summary>
    /// The texts of a message, in order: what its text parts say, the abstracts of what it refers to, what tools were given and answered.
    /// Of a part of another type, the part itself.
    /// </summary>
    public static IEnumerable<string> Of(SessionMessage message)
    {
        foreach (MessagePart part in message.Parts)
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
                default:
                    yield return Encoding.UTF8.GetString(part.Utf8.Span);
                    break;
            }
        }
    }
}
