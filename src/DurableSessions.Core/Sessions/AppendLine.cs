using DurableSessions.Core.Messages;
using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.Sessions;

/// <summary>One message of a request, as it is to be stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Recognition">By what it may be found to be a repetition.</param>
/// <param name="Line">The line, without its line feed.</param>
/// <param name="Shape">What a commit needs to know of it to keep whole turns.</param>
/// <param name="SaidAt">When it was said.</param>
internal sealed record AppendLine(MessageId Id, Recognition Recognition, byte[] Line, MessageShape Shape, string SaidAt);

/// <summary>By what a message may be found to be a repetition.</summary>
internal enum Recognition
{
    /// <summary>By nothing: it is stored.</summary>
    None,

    /// <summary>By the idempotency key of its request, with which it is stored or not.</summary>
    Key,

    /// <summary>By the name that its client gave it, or by its sources.</summary>
    Name,

    /// <summary>By what it says, for a short time.</summary>
    Content,
}
