using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Auditing;

/// <summary>What the live segments of one manifest came to.</summary>
internal sealed class LiveState(SessionKey key)
{
    private readonly HashSet<(FindingKind, string)> _found = [];

    public List<Finding> Findings { get; } = [];

    public MessageSet Messages { get; } = new();

    /// <summary>Adds a finding, once for each blob: so there are no more than a few for each segment.</summary>
    public void Add(FindingKind kind, FindingSeverity severity, string blob, string message)
    {
        if (_found.Add((kind, blob)))
        {
            Findings.Add(new Finding(kind, severity, key.ToString(), blob, message));
        }
    }

    public void See(SessionMessage message, string segment)
    {
        if (MessageId.TryParse(message.Id, out MessageId id) && Messages.Add(id, MessageSet.Live) is not null)
        {
            Add(FindingKind.DuplicateMessage, FindingSeverity.Error, segment, $"message {message.Id}, and maybe others, is live twice");
        }
    }
}
