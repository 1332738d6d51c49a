namespace DurableSessions.Http.Files;

/// <summary>A line that fits a pattern.</summary>
/// <param name="Uri">The file: of an archive's messages, or a memory.</param>
/// <param name="Line">Its line, from 1; of messages, each message is one line.</param>
/// <param name="Content">What the line says; of a long one, what is around the match.</param>
internal sealed record GrepMatch(string Uri, int Line, string Content);
