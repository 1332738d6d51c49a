namespace DurableSessions.Core.Recall;

/// <summary>A message by which an archive was found.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Role">Who said it.</param>
/// <param name="Peer">The peer it concerns; <see langword="null"/>: none is named.</param>
/// <param name="CreatedAt">When, as the client wrote it.</param>
/// <param name="Snippet">
/// Of its text at most <see cref="MaxSnippetLength"/> characters, around the first of the query's words; empty where the message is longer
/// than is read for a hit.
/// </param>
public sealed record MessageHit(string Id, string Role, string? Peer, string? CreatedAt, string Snippet)
{
    /// <summary>The characters of a snippet at most.</summary>
    public const int MaxSnippetLength = 500;
}
