namespace DurableSessions.Core.Context;

/// <summary>What a context says of an archive in one line.</summary>
/// <param name="Number">The archive's number.</param>
/// <param name="Abstract">One line, of what that archive itself is about.</param>
public sealed record ArchiveAbstract(int Number, string Abstract);
