namespace DurableSessions.Core.Commits;

/// <summary>A user's wish that a commit ends.</summary>
/// <param name="Reason">Why; the task's result carries it.</param>
/// <param name="Attempt">
/// The attempt that is to end, from 1: any other ignores the event, which may come late. <see langword="null"/>, as older versions and
/// events raised by hand have it: the attempt that runs.
/// </param>
public sealed record CancelRequest(string? Reason, int? Attempt = null);
