using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Appending;

/// <summary>The requests to append to one session that wait on this host, and how many of them go into one block.</summary>
internal sealed class AppendQueue(SessionKey key, long maxBytes)
{
    private const int MaxGroupRequests = 256;
    private const int MaxGroupBytes = 4 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<PendingAppend> _appends = [];
    private long _bytes;
    private bool _isServed;

    /// <summary>Adds a request. True: no task serves the queue, and the caller starts one.</summary>
    /// <exception cref="SessionBusyException">Too much is waiting to be appended.</exception>
    public bool Add(PendingAppend append)
    {
        lock (_lock)
        {
            if (_bytes + append.Block.Length > maxBytes)
            {
                throw new SessionBusyException($"More than {maxBytes} bytes of session '{key.Id}' wait to be appended; try again.");
            }

            _bytes += append.Block.Length;
            _appends.AddLast(append);
            bool isFirst = !_isServed;
            _isServed = true;
            return isFirst;
        }
    }

    /// <summary>Takes what goes into one block. Empty: no request waits, and no task serves the queue any more.</summary>
    public List<PendingAppend> TakeGroup()
    {
        var group = new List<PendingAppend>();
        var keys = new HashSet<ulong>();
        long bytes = 0;
        lock (_lock)
        {
            while (_appends.First?.Value is { } next && group.Count < MaxGroupRequests)
            {
                // What comes twice at once: the second waits until the first is known to be stored.
                bool fits = group.Count == 0 || bytes + next.Block.Length <= MaxGroupBytes;
                if (!fits || next.DerivedIds.Any(id => keys.Contains(id.High)))
                {
                    break;
                }

                keys.UnionWith(next.DerivedIds.Select(static id => id.High));
                _appends.RemoveFirst();
                _bytes -= next.Block.Length;
                bytes += next.Block.Length;
                group.Add(next);
            }

            _isServed = group.Count > 0;
        }

        return group;
    }
}
