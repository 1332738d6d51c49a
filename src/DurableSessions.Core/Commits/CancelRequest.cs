namespace DurableSessions.Core.Commits;

/// <summary>A user's wish that a commit ends.</summary>
/// <param name="Reason">Told in the task.</param>
/// <param name="Attempt">
/// The attempt that is to end, from 1: any other ignores the event, which may come late. <see langword="null"/>, as older versions and
/// events raised by hand have it: whichever attempt runs.
/// </param>
public sealed record CancelRequest(string? Reason, int? Attempt = null);
