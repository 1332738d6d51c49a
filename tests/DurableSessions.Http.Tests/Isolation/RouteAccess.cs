using System.Text;

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
/// The path and query, with <c>{session_id}</c>, <c>{task_id}</c> and the other parameters of routes where a value belongs;
/// <see langword="null"/> where the route's pattern is its path.
/// </param>
/// <param name="Body">The JSON body, with the same in it; <see langword="null"/> for none.</param>
internal sealed record RouteAccess(RouteKind Kind, string? Path = null, string? Body = null)
{
    /// <summary>A request.</summary>
    /// <param name="route">The route's method and pattern.</param>
    /// <param name="values">What it names.</param>
    public HttpRequestMessage Request(string route, RouteValues values)
    {
        string[] parts = route.Split(' ', 2);
        return new HttpRequestMessage(new HttpMethod(parts[0]), values.Fill(Path ?? parts[1]))
        {
            Content = Body is null ? null : new StringContent(values.Fill(Body), Encoding.UTF8, "application/json"),
        };
    }
}

/// <summary>What a request names, and the text that it brings.</summary>
internal sealed record RouteValues(
    string Session, string Task, string Memory, string Archive = "archive_001", string Text = "from a client")
{
    public string Fill(string template) => template
        .Replace("{session_id}", Session, StringComparison.Ordinal)
        .Replace("{archive_id}", Archive, StringComparison.Ordinal)
        .Replace("{category}", "events", StringComparison.Ordinal)
        .Replace("{name}", Memory, StringComparison.Ordinal)
        .Replace("{task_id}", Task, StringComparison.Ordinal)
        .Replace("{instance_id}", Task, StringComparison.Ordinal)
        .Replace("{event_name}", "look", StringComparison.Ordinal)
        .Replace("{text}", Text, StringComparison.Ordinal);
}
