using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Appending;

/// <summary>How often an append gives way to other hosts that change its session.</summary>
internal static class AppendConflicts
{
    /// <summary>Attempts in a row.</summary>
    public const int Max = 60;

    /// <summary>The error after <see cref="Max"/> attempts.</summary>
    public static ContentionException TooMany(SessionKey key) =>
        new($"Session '{key.Id}' was changed by others {Max} times in a row while messages were appended.");
}
