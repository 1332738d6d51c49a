namespace DurableSessions.Core.Context;

/// <summary>A message in a context.</summary>
/// <param name="Line">The message as JSON.</param>
/// <param name="Tokens">Its estimated tokens.</param>
/// <param name="Archive">The archive it is from; <see langword="null"/>: it is live.</param>
internal readonly record struct ContextMessage(ReadOnlyMemory<byte> Line, long Tokens, int? Archive);
