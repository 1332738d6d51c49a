using System.Diagnostics.CodeAnalysis;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>What a blob's name says of the session that owns it.</summary>
/// <param name="Session">The session.</param>
/// <param name="Incarnation">Which one of that id.</param>
/// <param name="Rest">The name below the incarnation's folder.</param>
internal sealed record SessionPath(SessionKey Session, string Incarnation, string Rest)
{
    /// <summary>
    /// Reads <c>{folder}/{account}/{user}/{session}/{incarnation}/{rest}</c>, and <c>search/{account}/{user}/0/…</c> likewise.
    /// </summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out SessionPath? path)
    {
        string[] parts = name.Split('/', 6);
        if (name.StartsWith(BlobNames.Search, StringComparison.Ordinal))
        {
            parts = BlobNames.FindSearchSegment(name) is null ? [] : [.. parts[..3], .. $"{parts[4]}/{parts[5]}".Split('/', 3)];
        }

        path = parts.Length == 6 && BlobNames.FindKey(parts[1], parts[2], parts[3]) is { } key
            ? new SessionPath(key, parts[4], parts[5])
            : null;
        return path is not null;
    }
}
