using System.Globalization;
using System.Text.Json;
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
    private volatile string? _wanted;
    private volatile HostStart? _start;
    private long _claims;

    /// <summary>This host takes the name at the next <see cref="RefreshAsync"/>.</summary>
    public void Want(string name) => _wanted = name;

    /// <summary>
    /// Takes the name that this host wants, or looks whether another start has taken it away: one read, and one write where it is taken.
    /// What fails is tried again at the next call; until then this host claims as it did.
    /// </summary>
    /// <returns>Whether this host has just taken its name: what its predecessors owned can be claimed.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was signalled.</exception>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        if (_wanted is { } name)
        {
            await TakeAsync(name, cancellationToken);
            return _start is not null;
        }

        if (_start is { } start)
        {
            await CheckAsync(start, cancellationToken);
        }

        return false;
    }

    /// <summary>As whom this host claims now.</summary>
    public OwnerHost Current => _start is { } start ? new OwnerHost(start.Name, start.Number) : new OwnerHost(_drawn, null);

    /// <summary>
    /// The owner of one more claim. Each is another one: a worker that has lost its instance to another of this process sees it.
    /// </summary>
    public string NewOwner() =>
        string.Create(CultureInfo.InvariantCulture, $"{_start?.ToString() ?? _drawn}/{Interlocked.Increment(ref _claims)}");

    /// <summary>Whether an owner is an earlier start of this host.</summary>
    public bool Succeeds(string? owner) => _start is { } start && start.Follows(HostStart.Of(owner));

    private async Task TakeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            _start = await starts.NextAsync(name, cancellationToken);
            _wanted = null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.NameNotTaken(e, name);
            if (e is JsonException)
            {
                // It will be no more readable.
                _wanted = null;
            }
        }
    }

    private async Task CheckAsync(HostStart start, CancellationToken cancellationToken)
    {
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
}
