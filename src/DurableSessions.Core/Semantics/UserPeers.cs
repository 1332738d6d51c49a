using System.Security.Cryptography;
using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Semantics;

/// <summary>
/// The peer ids of a session's messages of role <c>user</c>, as far as it takes to tell whether all have the same one: of any number of
/// messages the first id, by its hash, and whether another one came. Its size is bounded.
/// </summary>
public sealed record UserPeers
{
    /// <summary>The SHA-256 of the first id, 64 hexadecimal digits; <see langword="null"/>: no user's message had one.</summary>
    public string? First { get; init; }

    /// <summary>Whether a user's message had another one.</summary>
    public bool HasOthers { get; init; }

    /// <summary>
    /// Those of messages whose ids were not recorded: there may have been others. A host before this was recorded digested them.
    /// </summary>
    internal static UserPeers Unknown { get; } = new() { HasOthers = true };

    /// <summary>The same, and one message more; a message that was heard before changes nothing.</summary>
    public UserPeers With(SessionMessage message)
    {
        if (HasOthers || message.Role != "user" || message.PeerId is not { } peer)
        {
            return this;
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(peer)));
        return First is null ? this with { First = hash } : First == hash ? this : this with { HasOthers = true };
    }
}
