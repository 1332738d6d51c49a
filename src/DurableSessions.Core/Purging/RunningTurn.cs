namespace DurableSessions.Core.Purging;

/// <summary>The turn of this host while it uses it: kept while it works, until it ends or another host has taken it.</summary>
internal sealed class RunningTurn(PurgeTurns turns, HeldTurn held, TimeProvider time)
{
    private const int AtOnce = 4;

    private static readonly TimeSpan KeepEvery = PurgeTurn.Silence / 5;

    private HeldTurn _held = held;

    /// <summary>Whether another host has taken the turn, because this one was silent for long.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Does a piece of work for each item, four at once, until the turn is lost.</summary>
    /// <returns>For how many of them it was done.</returns>
    public async Task<int> CountAsync<T>(IEnumerable<T> items, Func<T, Task<bool>> work, CancellationToken cancellationToken)
    {
        int done = 0;
        await KeepWhereDueAsync(cancellationToken);
        foreach (T[] chunk in items.Chunk(AtOnce))
        {
            if (IsLost)
            {
                break;
            }

            bool[] each = await Task.WhenAll(chunk.Select(work));
            done += each.Count(static d => d);
            await KeepWhereDueAsync(cancellationToken);
        }

        return done;
    }

    /// <summary>Says that all there was has been looked at, where the turn is this host's still.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => IsLost ? Task.CompletedTask : KeepAsync(isOver: true, cancellationToken);

    private async Task KeepWhereDueAsync(CancellationToken cancellationToken)
    {
        if (!IsLost && time.GetUtcNow() - _held.Turn.SeenAt >= KeepEvery)
        {
            await KeepAsync(isOver: false, cancellationToken);
        }
    }

    private async Task KeepAsync(bool isOver, CancellationToken cancellationToken)
    {
        if (await turns.TryKeepAsync(_held, isOver, cancellationToken) is { } kept)
        {
            _held = kept;
        }
        else
        {
            IsLost = true;
        }
    }
}
