using DurableSessions.Http.Keys;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Audit;

/// <summary>
/// Writes to the audit log, of the category <see cref="Category"/>, what becomes of keys: with their ids and names, never their texts or
/// hashes.
/// </summary>
/// <param name="loggers">Where it writes.</param>
public sealed class KeyAudit(ILoggerFactory loggers)
{
    /// <summary>The log category of all entries of the audit log.</summary>
    public const string Category = "DurableSessions.Audit";

    /// <summary>Who is named where a host has seen a change in storage, and does not know who made it.</summary>
    internal const string Seen = "storage, as seen by this host";

    private readonly ILogger _log = loggers.CreateLogger(Category);

    /// <summary>A key was made.</summary>
    /// <param name="key">The key.</param>
    /// <param name="by">Who did it, or where it was seen.</param>
    public void Added(ApiKey key, string by)
    {
        ArgumentNullException.ThrowIfNull(key);
        string scope = (key.IsOperator ? "operator" : "user") + (key.IsReadOnly ? ", read-only" : "");
        Log.KeyAdded(_log, key.Id, key.Name, key.Account, key.User, scope, key.ExpiresAt, by);
    }

    /// <summary>A key was revoked, or is missing.</summary>
    /// <param name="id">The key's id.</param>
    /// <param name="name">The key's name; <see langword="null"/> for none, or where it is not known.</param>
    /// <param name="by">Who did it, or where it was seen.</param>
    public void Revoked(string id, string? name, string by) => Log.KeyRevoked(_log, id, name, by);

    /// <summary>A key took the place of another one.</summary>
    /// <param name="old">The key that expires, with the id of the other one.</param>
    /// <param name="by">Who did it, or where it was seen.</param>
    public void Rotated(ApiKey old, string by)
    {
        ArgumentNullException.ThrowIfNull(old);
        Log.KeyRotated(_log, old.Id, old.Name, old.RotatedTo, old.ExpiresAt, by);
    }

    /// <summary>What has changed from one read of the keys to the next one.</summary>
    internal void Compare(KeySet? before, DateTimeOffset beforeAt, KeySet? now, DateTimeOffset at)
    {
        Dictionary<string, ApiKey> left = (before?.Keys ?? []).ToDictionary(static k => k.Id, StringComparer.Ordinal);
        foreach (ApiKey key in now?.Keys ?? [])
        {
            if (!left.Remove(key.Id, out ApiKey? known))
            {
                Added(key, Seen);
            }
            else if (key.RotatedTo is not null && key.RotatedTo != known.RotatedTo)
            {
                Rotated(key, Seen);
            }

            if (key.IsExpired(at) && known?.IsExpired(beforeAt) != true)
            {
                Log.KeyExpired(_log, key.Id, key.Name, key.ExpiresAt);
            }
        }

        foreach (ApiKey key in left.Values)
        {
            Revoked(key.Id, key.Name, Seen);
        }
    }
}
