using Azure;
using Azure.Storage.Blobs.Models;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// For how long other hosts know that this one lives. While they do, what it runs needs no renewal of its own. Safe for any thread.
/// </summary>
/// <param name="ownership">After this time without a write the others take this host for dead.</param>
/// <param name="time">The clock of this host; only its timestamps count.</param>
internal sealed class Liveness(TimeSpan ownership, TimeProvider time)
{
    private volatile Written? _last;
    private int _lapses;

    // A third is left to renew all instances before the others take this host for dead.
    private TimeSpan Covered => ownership / 3 * 2;

    /// <summary>
    /// How often the others may have taken this host for dead, as after a pause of its process: what it ran before may run elsewhere.
    /// </summary>
    public int Lapses => Volatile.Read(ref _lapses);

    /// <summary>The last write that was answered: the host and the ETag.</summary>
    public (OwnerHost Host, ETag ETag)? Last => _last is { } last ? (last.Host, last.ETag) : null;

    /// <summary>For how long a claim needs no renewal; <see langword="null"/>: it does, as that of a host under an earlier name.</summary>
    public TimeSpan? Covers(string owner)
    {
        if (_last is not { } last || OwnerHost.Of(owner) != last.Host)
        {
            return null;
        }

        TimeSpan left = Covered - time.GetElapsedTime(last.Sent);
        return left > TimeSpan.Zero ? left : null;
    }

    /// <summary>This host has said that it lives. Called by one thread at a time.</summary>
    /// <param name="host">Under which name.</param>
    /// <param name="sent">The timestamp before the request.</param>
    /// <param name="answer">The answer.</param>
    public void Wrote(OwnerHost host, long sent, BlobContentInfo answer)
    {
        // By storage's clock too: timestamps may stand still while a machine is suspended.
        if (_last is { } last
            && (time.GetElapsedTime(last.Sent) >= ownership || answer.LastModified - last.LastModified >= ownership))
        {
            Interlocked.Increment(ref _lapses);
        }

        _last = new Written(host, sent, answer.ETag, answer.LastModified);
    }

    private sealed record Written(OwnerHost Host, long Sent, ETag ETag, DateTimeOffset LastModified);
}
