namespace DurableSessions.Engine.Hosts;

/// <summary>A host that this one takes for dead.</summary>
/// <param name="Seen">The timestamp at which this host first took it for dead.</param>
/// <param name="Ownership">For how long what the host wrote last stays its own after that write.</param>
/// <param name="Successor">The name of which a later start lives: that has the first turn; <see langword="null"/>: none does.</param>
internal sealed record HostDeath(long Seen, TimeSpan Ownership, string? Successor);
