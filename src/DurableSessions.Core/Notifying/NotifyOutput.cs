namespace DurableSessions.Core.Notifying;

/// <summary>What became of a webhook.</summary>
/// <param name="Taken">Whether the receiver has it. Otherwise there was nothing to send, it wants no more, or it never took it.</param>
/// <param name="Reason">Why the last attempt failed; <see langword="null"/>: it has not.</param>
internal sealed record NotifyOutput(bool Taken, string? Reason);
