using System.Collections.Concurrent;

namespace DurableSessions.Testing;

/// <summary>
/// Storage carries the request out and the client gets the answer; a copy of it lies on the way and arrives when the test says so.
/// </summary>
public sealed class SentTwice : Fault
{
    private const int MaxCopies = 1000;

    private readonly ConcurrentQueue<Delivery> _copies = new();

    /// <summary>
    /// Delivers the copies that lie on the way, oldest first. The status that storage answered each with, which no client sees.
    /// </summary>
    public async Task<IReadOnlyList<int>> DeliverCopiesAsync()
    {
        var statuses = new List<int>();
        while (_copies.TryDequeue(out Delivery? copy))
        {
            statuses.Add(await copy.SendCopyAsync());
        }

        return statuses;
    }

    public override string ToString() => "sent twice";

    internal override async Task ApplyAsync(Delivery delivery)
    {
        await delivery.SendAsync();
        if (_copies.Count < MaxCopies)
        {
            _copies.Enqueue(delivery);
        }
    }
}
