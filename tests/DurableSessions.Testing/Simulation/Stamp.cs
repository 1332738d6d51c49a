namespace DurableSessions.Testing;

/// <summary>The version of a blob or container.</summary>
/// <param name="ETag">In quotes, and never given twice.</param>
/// <param name="At">When it was written; clients see whole seconds.</param>
internal readonly record struct Stamp(string ETag, DateTimeOffset At);
