namespace DurableSessions.Core.Sessions;

/// <summary>A session in a listing.</summary>
/// <param name="SessionId">Its id.</param>
/// <param name="ModifiedAt">When it was created, committed or configured last; appends do not count.</param>
public sealed record SessionListItem(string SessionId, DateTimeOffset ModifiedAt);
