using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// Looks every second whether another host has given instances back as it stopped, while others have owned any within the last ten minutes:
/// one request for each look, and none on a host that is alone. Belongs to one thread at a time.
/// </summary>
/// <param name="handover">Where they say so.</param>
/// <param name="others">Whether this host is alone.</param>
/// <param name="sweepInterval">A host that lists the active instances every ten seconds, or more often, needs no look.</param>
/// <param name="time">The clock of this host.</param>
/// <param name="log">Where a look that fails is noted.</param>
internal sealed class HandoverWatch(
    Handover handover, OtherHosts others, TimeSpan sweepInterval, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterError = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Shortest = 10 * Every;

    private string? _last;
    private DateTimeOffset _next;

    /// <summary>When to look; <see langword="null"/>: there is no need.</summary>
    public DateTimeOffset? Next => sweepInterval > Shortest && others.AreAround ? _next : null;

    /// <summary>An instance that this host does not run has an owner.</summary>
    public void Saw(string owner)
    {
        _next = Next ?? time.GetUtcNow() + Every;
        others.Saw(owner);
    }

    /// <summary>
    /// Looks, for a second at most: what is due waits meanwhile. The first look may miss what came before it, and so says yes. One that
    /// fails says no, and the next is a minute later.
    /// </summary>
    public async Task<bool> IsToldAsync(CancellationToken cancellationToken)
    {
        _next = time.GetUtcNow() + Every;
        using var limit = new CancellationTokenSource(Every, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            string before = _last ?? "none";
            _last = await handover.FindLastAsync(either.Token);
            return _last != before;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.HandoverNotSeen(e);
            _next = time.GetUtcNow() + AfterError;
            return false;
        }
    }
}
