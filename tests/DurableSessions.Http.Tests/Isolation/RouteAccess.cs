namespace DurableSessions.Http.Tests.Isolation;

/// <summary>Who may call a route.</summary>
internal enum RouteKind
{
    /// <summary>Any client, with any key or none.</summary>
    Open,

    /// <summary>Any client but one that presents an invalid key.</summary>
    Probe,

    /// <summary>A user, for what is the user's own.</summary>
    Caller,

    /// <summary>An operator, and no user.</summary>
    Operator,
}

/// <summary>A route as its table has it: who may call it, and a request that its owner may send.</summary>
/// <param name="Kind">Who may call it.</param>
/// <param name="Path">
/// The path and query, with <c>{session_id}</c>, <c>{task_id}</c> and <c>{name}</c> where an id belongs; <see langword="null"/> where the
/// route's pattern is its path.
/// </param>
/// <param name="Body">The JSON body, with the same in it; <see langword="null"/> for none.</param>
internal sealed record RouteAccess(RouteKind Kind, string? Path = null, string? Body = null);
