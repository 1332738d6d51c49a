namespace DurableSessions.Engine.Hosts;

/// <summary>
/// Looks every second whether another host has given instances back as it stopped, while others have owned any within the last ten minutes:
/// one request for each look, and none on a host that is alone. Belongs to one thread at a time.
/// </summary>
/// <param name="handover">Where they say so.</param>
/// <param name="sweepInterval">A host that lists the active instances every ten seconds, or more often, needs no look.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class HandoverWatch(Handover handover, TimeSpan sweepInterval, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Shortest = 10 * Every;
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private string? _last;
    private DateTimeOffset _until;
    private DateTimeOffset _next;

    /// <summary>When to look; <see langword="null"/>: there is no need.</summary>
    public DateTimeOffset? Next => sweepInterval > Shortest && time.GetUtcNow() < _until ? _next : null;

    /// <summary>Another host owns an instance.</summary>
    public void SawOther()
    {
        DateTimeOffset now = time.GetUtcNow();
        _next = Next ?? now + Every;
        _until = now + Remembered;
    }

    /// <summary>Looks. The first look may miss what came before it, and so says yes.</summary>
    public async Task<bool> IsToldAsync(CancellationToken cancellationToken)
    {
        _next = time.GetUtcNow() + Every;
        string before = _last ?? "none";
        _last = await handover.FindLastAsync(cancellationToken);
        return _last != before;
    }
}
