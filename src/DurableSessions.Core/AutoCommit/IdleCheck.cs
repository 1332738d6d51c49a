namespace DurableSessions.Core.AutoCommit;

/// <summary>What a look at a session says.</summary>
/// <param name="DueAt">When to look again; <see langword="null"/>: there is nothing left to watch.</param>
internal sealed record IdleCheck(DateTimeOffset? DueAt);
