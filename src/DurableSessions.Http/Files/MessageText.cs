using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Http.Files;

/// <summary>What a message says, as a line of a file.</summary>
internal static class MessageText
{
    /// <summary>Appends a message with its time and its speaker.</summary>
    public static void AppendTo(StringBuilder text, SessionMessage message)
    {
        text.Append('[').Append(message.CreatedAt).Append("] ").Append(message.Role).Append(": ");
        text.AppendJoin('\n', message.Texts()).Append('\n');
    }
}
