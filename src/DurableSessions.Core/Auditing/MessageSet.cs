using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// The message ids of one session and where each was seen, up to a bound; from there on duplicates are looked for among those
/// that are known.
/// </summary>
internal sealed class MessageSet
{
    /// <summary>Ids kept for one session: about 20 MB.</summary>
    public const int MaxCount = 500_000;

    /// <summary>The place of live messages; archives have their numbers.</summary>
    public const int Live = 0;

    private readonly Dictionary<MessageId, int> _places = [];

    /// <summary>Whether some ids were not kept.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Adds an id. The place where it was before, if it was.</summary>
    public int? Add(MessageId id, int place)
    {
        if (_places.TryGetValue(id, out int before))
        {
            return before;
        }

        if (_places.Count < MaxCount)
        {
            _places.Add(id, place);
        }
        else
        {
            IsFull = true;
        }

        return null;
    }
}
