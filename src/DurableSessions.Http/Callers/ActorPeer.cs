using System.Text.RegularExpressions;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Callers;

/// <summary>The peer for which a client asks, as a plugin of one project does, in OpenViking's header.</summary>
internal static partial class ActorPeer
{
    /// <summary>The header.</summary>
    public const string Header = "X-OpenViking-Actor-Peer";

    /// <summary>The characters of a peer at most.</summary>
    public const int MaxLength = 512;

    /// <summary>The peer of a request; <see langword="null"/>: none is named.</summary>
    /// <exception cref="ApiException">It is none, or there are several.</exception>
    public static string? Find(HttpContext http)
    {
        StringValues values = http.Request.Headers[Header];
        string peer = values.ToString().Trim();
        return peer.Length == 0 ? null
            : values.Count == 1 && peer.Length <= MaxLength && Peer().IsMatch(peer) && peer is not ("." or "..") ? peer
            : throw ApiException.Invalid(
                Location.Header(Header),
                $"must be one peer, as 1 to {MaxLength} characters of A-Z a-z 0-9 _ . @ -, and neither '.' nor '..'.",
                "id_format");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_.@-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Peer();
}
