namespace DurableSessions.Core.Sessions;

/// <summary>A page of a user's sessions.</summary>
/// <param name="Items">The sessions, those modified last first.</param>
/// <param name="Cursor">For the next page; <see langword="null"/> where this is the last.</param>
public sealed record SessionPage(IReadOnlyList<SessionListItem> Items, string? Cursor);
