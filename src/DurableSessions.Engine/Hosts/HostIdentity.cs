using System.Globalization;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Hosts;

/// <summary>
/// As whom this host claims instances: as a start of its name, once it has that, or under a name drawn for this process alone. A start of
/// the same name that comes later takes the name away; this host then goes on under the drawn one.
/// </summary>
/// <remarks>
/// What a predecessor under the name owned may be claimed at once, since the predecessor is gone, or is about to notice. That decides when
/// a host tries, and never whether it is safe: each write is fenced by the ETag.
/// </remarks>
internal sealed class HostIdentity(HostStarts starts, ILogger log)
{
    private readonly string _drawn = $"{Environment.MachineName}-{Guid.CreateVersion7():N}";
    private volatile HostStart? _start;
    private long _claims;

    /// <summary>From now on this host claims under its name.</summary>
    /// <inheritdoc cref="HostStarts.NextAsync"/>
    public async Task TakeAsync(string name, CancellationToken cancellationToken) =>
        _start = await starts.NextAsync(name, cancellationToken);

    /// <summary>
    /// Looks whether another start has taken the name away: one read, where this host has one. Where that fails it is kept until the next.
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (_start is not { } start)
        {
            return;
        }

        try
        {
            // Also a lower number: its blob was deleted, and the clock is behind the one that gave this number.
            if (await starts.FindLastAsync(start.Name, cancellationToken) is { } last && last != start.Number)
            {
                _start = null;
                log.NameTaken(start.Name);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.NameNotChecked(e, start.Name);
        }
    }

    /// <summary>
    /// The owner of one more claim. Each is another one: a worker that has lost its instance to another of this process sees it.
    /// </summary>
    public string NewOwner() =>
        string.Create(CultureInfo.InvariantCulture, $"{_start?.ToString() ?? _drawn}/{Interlocked.Increment(ref _claims)}");

    /// <summary>Whether an owner is an earlier start of this host.</summary>
    public bool Succeeds(string? owner) => _start is { } start && start.Follows(HostStart.Of(owner));
}
