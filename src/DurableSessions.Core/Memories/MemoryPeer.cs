using System.Text.RegularExpressions;

namespace DurableSessions.Core.Memories;

/// <summary>Peers that memories belong to: those that a header and a path can name.</summary>
public static partial class MemoryPeer
{
    /// <summary>The most characters of a peer.</summary>
    public const int MaxLength = 512;

    /// <summary>
    /// Whether memories can belong to it: 1 to <see cref="MaxLength"/> characters of <c>A-Z a-z 0-9 _ . @ -</c>, and neither <c>.</c> nor
    /// <c>..</c>. A message may name any other one.
    /// </summary>
    public static bool IsValid(string? peer) =>
        peer is { Length: >= 1 and <= MaxLength } and not ("." or "..") && Pattern().IsMatch(peer);

    [GeneratedRegex(@"\A[A-Za-z0-9_.@-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
