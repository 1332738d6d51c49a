using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Appending;

/// <summary>One message of a request, as it is to be stored.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Match">By what it may be found to be a repetition.</param>
/// <param name="Line">The line, without its line feed.</param>
/// <param name="Shape">What a commit needs to know of it to keep whole turns.</param>
/// <param name="SaidAt">When it was said.</param>
internal sealed record AppendLine(MessageId Id, RepetitionMatch Match, byte[] Line, MessageShape Shape, string SaidAt);
