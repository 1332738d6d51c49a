using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>
/// A fault for some of the requests, the same for the same seed and request number. It ends after a number of faults, so that
/// what is tested can end too.
/// </summary>
/// <param name="seed">Decides everything; name it in failure messages.</param>
/// <param name="probability">For each request, from 0 to 1.</param>
/// <param name="maxFaults">After so many, requests go through.</param>
public sealed class RandomFaults(int seed, double probability, int maxFaults)
{
    private readonly SentTwice _twice = new();
    private int _faults;

    /// <summary>Delivers the second copies of requests that were sent twice: see <see cref="SentTwice.DeliverCopiesAsync"/>.</summary>
    public Task<IReadOnlyList<int>> DeliverCopiesAsync() => _twice.DeliverCopiesAsync();

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"seed {seed}, probability {probability}, at most {maxFaults} faults");

    internal Fault? Choose(StorageRequest request)
    {
        if (probability <= 0)
        {
            return null;
        }

        // Not HashCode.Combine, which differs from one process to the next.
        var random = new Random(unchecked((seed * 486187739) + request.Number));
        if (random.NextDouble() >= probability || Interlocked.Increment(ref _faults) > maxFaults)
        {
            return null;
        }

        return random.Next(5) switch
        {
            0 => Fault.FailBeforeSending,
            1 or 2 => Fault.DropAnswer,
            3 => Fault.Respond(503, "ServerBusy"),
            _ => _twice,
        };
    }
}
