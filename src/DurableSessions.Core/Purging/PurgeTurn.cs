namespace DurableSessions.Core.Purging;

/// <summary>Which host purges, and when that was last done: one blob for all hosts of a store.</summary>
internal sealed record PurgeTurn
{
    public int Format { get; init; } = 1;

    /// <summary>When the purge began.</summary>
    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>When its host last said that it is at it.</summary>
    public required DateTimeOffset SeenAt { get; init; }

    /// <summary>Whether it has looked at all that there was.</summary>
    public bool IsOver { get; init; }

    /// <summary>Whether it is time for the next one, or for another host to do this one.</summary>
    /// <remarks>A time that is far ahead is of a host whose clock was wrong.</remarks>
    public bool IsDue(DateTimeOffset now) => SeenAt - now > Silence || (IsOver ? now - BeganAt >= Interval : now - SeenAt >= Silence);

    /// <summary>Drawn anew for each write: a host whose answer was lost recognises its own.</summary>
    public required string WriteId { get; init; }

    /// <summary>From one purge to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    /// <summary>After this time a host that purges and says nothing has died.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);
}
