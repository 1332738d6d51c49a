using DurableSessions.Http.Callers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Recall;

/// <summary>Who searches.</summary>
/// <param name="Caller">The user.</param>
/// <param name="Peer">The peer for which the client asks; <see langword="null"/>: none is named.</param>
/// <param name="Now">The time.</param>
internal sealed record Asker(Caller Caller, string? Peer, DateTimeOffset Now)
{
    /// <summary>Who sends a request.</summary>
    public static Asker Of(HttpContext http, Caller caller) =>
        new(caller, ActorPeer.Find(http), http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
}
