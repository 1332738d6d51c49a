using System.Collections.Concurrent;

namespace DurableSessions.Testing;

/// <summary>The client sees a broken connection; the request lies on the way and arrives when the test says so.</summary>
public sealed class ArrivesLate : Fault
{
    private const int MaxRequests = 1000;

    private readonly ConcurrentQueue<Delivery> _requests = new();

    /// <summary>Delivers what lies on the way, oldest first. The status that storage answered each with, which no client sees.</summary>
    public async Task<IReadOnlyList<int>> DeliverAsync()
    {
        var statuses = new List<int>();
        while (_requests.TryDequeue(out Delivery? request))
        {
            statuses.Add(await request.SendCopyAsync());
        }

        return statuses;
    }

    public override string ToString() => "arrives late";

    internal override Task ApplyAsync(Delivery delivery)
    {
        if (_requests.Count < MaxRequests)
        {
            _requests.Enqueue(delivery);
        }

        return Task.FromException(BrokenConnection());
    }
}
