namespace DurableSessions.Core.Auditing;

/// <summary>One thing that an audit found, confirmed by a second look at storage.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Session">Whose it is, <c>account/user/session</c>; <see langword="null"/> where the blob's name does not say.</param>
/// <param name="Blob">Where.</param>
/// <param name="Message">One line for a person.</param>
/// <param name="Repair">What a repair does, or did, about it.</param>
public sealed record Finding(
    FindingKind Kind, FindingSeverity Severity, string? Session, string Blob, string Message, RepairState Repair = RepairState.None);
