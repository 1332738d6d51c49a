namespace DurableSessions.Core.State;

/// <summary>One target of a <see cref="MemoryPolicy"/>.</summary>
/// <param name="Enabled">Whether it is extracted; <see langword="null"/>: not set, and enabled.</param>
public sealed record MemoryTarget(bool? Enabled = null);
