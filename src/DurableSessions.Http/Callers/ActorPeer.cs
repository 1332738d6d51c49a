using DurableSessions.Core.Memories;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Callers;

/// <summary>The peer for which a client asks, as a plugin of one project does, in OpenViking's header.</summary>
internal static class ActorPeer
{
    /// <summary>The header.</summary>
    public const string Header = "X-OpenViking-Actor-Peer";

    /// <summary>What a peer is, for messages of errors.</summary>
    public static readonly string Rule =
        $"must be one peer, as 1 to {MemoryPeer.MaxLength} characters of A-Z a-z 0-9 _ . @ -, and neither '.' nor '..'.";

    /// <summary>The peer of a request; <see langword="null"/>: none is named.</summary>
    /// <exception cref="ApiException">It is none, or there are several.</exception>
    public static string? Find(HttpContext http)
    {
        StringValues values = http.Request.Headers[Header];
        string peer = values.ToString().Trim();
        return peer.Length == 0 ? null
            : values.Count == 1 && MemoryPeer.IsValid(peer) ? peer
            : throw ApiException.Invalid(Location.Header(Header), Rule, "id_format");
    }
}
