using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Semantics;

/// <summary>
/// Tells the owner of a conversation from other speakers. A user's message without a peer id is the owner's. Clients send one peer id for
/// a working directory with both sides of a conversation, or another one for each speaker, with that one's messages alone: so a user's
/// message with a peer id is the owner's only where the assistant speaks under the same id, and no message of a user has another one.
/// </summary>
/// <param name="usersBefore">The users' peer ids of the archives before.</param>
public sealed class Speakers(UserPeers usersBefore)
{
    private const int MaxIds = 256;

    private readonly HashSet<string> _assistants = new(StringComparer.Ordinal);
    private UserPeers _users = usersBefore;

    /// <summary>Takes note of a message's peer id.</summary>
    public void Hear(SessionMessage message)
    {
        _users = _users.With(message);
        if (message is { Role: "assistant", PeerId: { } peer } && _assistants.Count < MaxIds)
        {
            _assistants.Add(peer);
        }
    }

    /// <summary>The author of a message, by all that was heard so far.</summary>
    public MemorySources AuthorOf(SessionMessage message) => AuthorOf(message.Role, message.MessageKind, message.PeerId);

    /// <summary>The author of a message of this role, kind and peer, by all that was heard so far.</summary>
    public MemorySources AuthorOf(string role, string? kind, string? peer) => (role, kind) switch
    {
        (_, "tool_transport") => MemorySources.Tool,
        ("user", "assistant_step" or "checkpoint") => MemorySources.Assistant,
        ("user", _) => IsOwner(peer) ? MemorySources.Owner : MemorySources.Peer,
        ("assistant" or "system" or "developer", _) => MemorySources.Assistant,
        ("tool" or "function", _) => MemorySources.Tool,
        _ => MemorySources.Peer,
    };

    private bool IsOwner(string? peer) => peer is null || (!_users.HasOthers && _assistants.Contains(peer));
}
