namespace DurableSessions.Core.State;

/// <summary>What a commit staged.</summary>
/// <param name="Messages">Messages in the archive.</param>
/// <param name="Tokens">Their estimated tokens.</param>
/// <param name="Bytes">Bytes of the archive's lines.</param>
/// <param name="Retained">Messages that stayed live because the commit was asked to keep them.</param>
/// <param name="KeyedMessages">Those of the archive whose ids are derived, so that a repetition is looked for among them.</param>
/// <param name="Sha256">Of the archive's bytes, in lower-case hexadecimal.</param>
/// <param name="LastMessageAt">When the last of them was said, as its client wrote it.</param>
public sealed record StagedCounts(
    int Messages, long Tokens, long Bytes, int Retained, int KeyedMessages, string Sha256, string? LastMessageAt);
