namespace DurableSessions.Testing;

/// <summary>The version of a blob or container.</summary>
/// <param name="Tag">Never given twice.</param>
/// <param name="At">When it was written; clients see whole seconds.</param>
internal readonly record struct Stamp(string Tag, DateTimeOffset At)
{
    /// <summary>As it is in a header: in quotes.</summary>
    public string ETag => $"\"{Tag}\"";
}
