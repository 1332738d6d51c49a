using DurableSessions.Core.Identities;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Context;

/// <summary>What a context may have of archives that its overview covers.</summary>
/// <param name="Key">The session.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Newest">The number of the newest of these archives, which all before it are too; 0: there is none.</param>
/// <param name="Query">What is asked; <see langword="null"/>: nothing, the newest messages are wanted.</param>
/// <param name="AbstractTokens">Estimated tokens for their abstracts, of <paramref name="Tokens"/>.</param>
/// <param name="Tokens">Estimated tokens for all of it.</param>
/// <param name="IsRun">
/// Whether the newest messages come right before those that the context has: otherwise they would not be a conversation, and are left out.
/// </param>
/// <param name="Seen">Ids of messages that are not wanted again.</param>
internal sealed record ArchivedRequest(
    SessionKey Key, Manifest Manifest, int Newest, string? Query, long AbstractTokens, long Tokens, bool IsRun,
    IReadOnlySet<string> Seen);
