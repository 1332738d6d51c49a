namespace DurableSessions.Core.State;

/// <summary>What a client may set on a session; checked where it enters.</summary>
public sealed record SessionSettings
{
    /// <summary>Which memories are extracted.</summary>
    public MemoryPolicy? MemoryPolicy { get; init; }

    /// <summary>
    /// When the session commits by itself; <see langword="null"/>: never. Decided when the session is created: what its user says, where
    /// that is nothing the host's default. Stored, absent and <see langword="null"/> mean the same, also in sessions from before there was
    /// a default.
    /// </summary>
    public AutoCommitPolicy? AutoCommitPolicy { get; init; }

    /// <summary>What is extracted into memories.</summary>
    public MemoryExtractionConfig? MemoryExtractionConfig { get; init; }
}
