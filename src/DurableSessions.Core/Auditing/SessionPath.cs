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
    /// <summary>Reads <c>{folder}/{account}/{user}/{session}/{incarnation}/{rest}</c>.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out SessionPath? path)
    {
        string[] parts = name.Split('/', 6);
        path = parts.Length == 6 && TryKey(parts[1], parts[2], parts[3], out SessionKey? key)
            ? new SessionPath(key, parts[4], parts[5])
            : null;
        return path is not null;
    }

    /// <summary>Reads <c>manifests/{account}/{user}/{session}.json</c>.</summary>
    public static bool TryParseManifest(string name, [NotNullWhen(true)] out SessionKey? key)
    {
        key = null;
        string[] parts = name.Split('/');
        return parts.Length == 4
            && parts[3].EndsWith(".json", StringComparison.Ordinal)
            && TryKey(parts[1], parts[2], parts[3][..^".json".Length], out key);
    }

    private static bool TryKey(string account, string user, string session, [NotNullWhen(true)] out SessionKey? key)
    {
        key = new SessionKey(BlobNames.Unescape(account), BlobNames.Unescape(user), BlobNames.Unescape(session));
        if (SessionKey.IsValidId(key.Account) && SessionKey.IsValidId(key.User) && SessionKey.IsValidId(key.Id))
        {
            return true;
        }

        key = null;
        return false;
    }
}
