using DurableSessions.Core.Identities;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Callers;

/// <summary>Who sends a request. A handler that takes one answers only callers that are known.</summary>
/// <param name="Account">The account; a valid id.</param>
/// <param name="User">The user within the account; a valid id.</param>
public sealed record Caller(string Account, string User)
{
    /// <summary>Asks the host's <see cref="ICallerSource"/>.</summary>
    public static ValueTask<Caller> BindAsync(HttpContext context) =>
        context.RequestServices.GetRequiredService<ICallerSource>().IdentifyAsync(context);

    /// <summary>A session of this caller, by the id in the route.</summary>
    internal SessionKey Session(string sessionId) => new(Account, User, Ids.Check(sessionId, Location.Path("session_id")));
}
