namespace DurableSessions.Engine.Running;

/// <summary>When the active instances are to be listed once more. Safe for any thread.</summary>
/// <param name="due">Woken where that is sooner than before.</param>
internal sealed class WantedListing(DueQueue due)
{
    private readonly Lock _gate = new();
    private DateTimeOffset? _at;

    /// <summary>The time; <see langword="null"/>: no listing is wanted.</summary>
    public DateTimeOffset? At
    {
        get
        {
            lock (_gate)
            {
                return _at;
            }
        }
    }

    /// <summary>Has them listed at a time, or sooner.</summary>
    public void Want(DateTimeOffset at)
    {
        lock (_gate)
        {
            if (_at <= at)
            {
                return;
            }

            _at = at;
        }

        due.Wake();
    }

    /// <summary>Whether the time has come; the listing is then no longer wanted.</summary>
    public bool Take(DateTimeOffset now)
    {
        lock (_gate)
        {
            bool isDue = _at <= now;
            _at = isDue ? null : _at;
            return isDue;
        }
    }
}
