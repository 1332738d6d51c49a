using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Http.Files;

/// <summary>Messages as a text that people read.</summary>
internal static class Conversation
{
    /// <summary>Appends a message with its time and its speaker.</summary>
    public static void AppendTo(StringBuilder text, SessionMessage message)
    {
        text.Append('[').Append(message.CreatedAt).Append("] ").Append(message.Role).Append(": ");
        text.AppendJoin('\n', MessageText.Of(message)).Append('\n');
    }
}
