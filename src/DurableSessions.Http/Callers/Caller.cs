using DurableSessions.Core.Identities;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Callers;

/// <summary>The authenticated user of a request. A route handler with this parameter requires authentication.</summary>
/// <param name="Account">The account; a valid id.</param>
/// <param name="User">The user within the account; a valid id.</param>
public sealed record Caller(string Account, string User)
{
    /// <summary>
    /// Whether the request may change nothing. Its endpoint only reads then; an endpoint that reads, and creates what it does not find,
    /// asks for it.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Authenticates the request by the host's <see cref="ICallerSource"/>.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<ICallerSource>().IdentifyAsync(context);

    /// <summary>The caller as an owner of sessions, memories and tasks.</summary>
    internal UserKey Owner => new(Account, User);

    /// <summary>A session of this caller, by the id in the route.</summary>
    internal SessionKey Session(string sessionId) => Owner.Session(Ids.Check(sessionId, Location.Path("session_id")));
}
