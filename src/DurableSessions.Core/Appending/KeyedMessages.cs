using DurableSessions.Core.Errors;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Appending;

/// <summary>
/// The messages of a session whose ids are derived: those live, pending, and archived within the window.
/// Loaded when the first such id comes, and kept up to date; see <see cref="KeyedMessageLoader"/>.
/// </summary>
internal sealed class KeyedMessages
{
    /// <summary>
    /// The most that are remembered for one session. Where more keyed messages than this were archived within the window,
    /// the oldest of them are no longer recognised.
    /// </summary>
    public const int MaxCount = 100_000;

    private readonly Dictionary<ulong, ulong> _requests = [];
    private int _loaded;

    /// <summary>How many are remembered.</summary>
    public int Count => _requests.Count;

    /// <summary>What they take in memory, estimated.</summary>
    public long Bytes => 48L * _requests.Count;

    /// <summary>Whether so many came after loading that those that are archived and old are to be forgotten, by loading again.</summary>
    public bool IsTooLarge => _requests.Count > _loaded + MaxCount;

    /// <summary>What is there now was found in storage.</summary>
    public void MarkLoaded() => _loaded = _requests.Count;

    /// <summary>Adds a message that was stored after all that are known.</summary>
    public void Add(SessionMessage message)
    {
        if (MessageId.TryParse(message.Id, out MessageId id))
        {
            Add(id);
        }
    }

    /// <summary>Adds a message that was stored after all that are known.</summary>
    public void Add(MessageId id)
    {
        if (id.IsKeyed)
        {
            _requests[id.High] = id.Low;
        }
    }

    /// <summary>Adds what was stored before anything that is known: of ids that begin with the same half the newest counts.</summary>
    public void AddOlder(KeyedMessages older)
    {
        foreach ((ulong high, ulong low) in older._requests)
        {
            _requests.TryAdd(high, low);
        }
    }

    /// <summary>
    /// Adds what was loaded and has come before anything that is here. It does not count as loaded again, so that what is archived and old
    /// is forgotten in the end.
    /// </summary>
    public void AddKnown(KeyedMessages known)
    {
        AddOlder(known);
        _loaded = known._loaded;
    }

    /// <summary>The id of the newest message whose id begins with the same half, where there is one.</summary>
    public MessageId? Find(MessageId id) => _requests.TryGetValue(id.High, out ulong low) ? new MessageId(id.High, low) : null;

    /// <summary>Whether the message of a request with an idempotency key is there.</summary>
    /// <exception cref="IdempotencyKeyReusedException">The key is there, with another request.</exception>
    public bool Contains(MessageId id)
    {
        if (!_requests.TryGetValue(id.High, out ulong request))
        {
            return false;
        }

        return request == id.Low ? true : throw new IdempotencyKeyReusedException();
    }
}
