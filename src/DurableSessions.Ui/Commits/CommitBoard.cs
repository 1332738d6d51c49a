using DurableSessions.Orchestration;

namespace DurableSessions.Ui.Commits;

/// <summary>
/// All commits of all users, listed for all viewers together: those that have not ended at each look, with the newest of those that have
/// and what has ended since the look before; the others seldom, since what has ended stays as it is. A look that comes while the listing
/// is under way waits a moment for it, and then takes what there is.
/// </summary>
/// <remarks>Listings read no blob. A commit that ends between two of them is in both, and counts as ended.</remarks>
/// <param name="client">Lists instances.</param>
/// <param name="time">The clock.</param>
internal sealed class CommitBoard(OrchestrationClient client, TimeProvider time)
{
    /// <summary>The most commits of one snapshot; beyond it, it says that it is not whole.</summary>
    public const int MostRows = 50_000;

    private const int PageSize = 1_000;

    // Of one look. The ids of commits begin so, but those of automatic ones and those with a key, and the newest of them sort first.
    private const string NewestPrefix = "c";
    private const int NewestAtOnce = 100;
    private const int EndedAtOnce = 50;

    /// <summary>So old a snapshot is shown as it is.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan s_ended = TimeSpan.FromSeconds(30);
    private static readonly OrchestrationRuntimeStatus[] s_active =
        [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended];

    private static readonly OrchestrationRuntimeStatus[] s_over =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    private readonly Lock _lock = new();
    private Task? _listing;
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BoardSnapshot? _snapshot;
    private Dictionary<string, CommitRow> _ended = [];
    private HashSet<string> _activeBefore = [];
    private bool _isWhole;
    private DateTimeOffset _endedAt = DateTimeOffset.MinValue;

    /// <summary>What there is, at most a listing old.</summary>
    /// <exception cref="Azure.RequestFailedException">Nothing was listed yet, and cannot be.</exception>
    public async Task<BoardSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        Task listing;
        Task first;
        lock (_lock)
        {
            if (_snapshot is { IsWhole: true } snapshot && time.GetUtcNow() - snapshot.At < Fresh)
            {
                return snapshot;
            }

            // For all viewers: it does not end with the request that has begun it.
            listing = _listing is { IsCompleted: false } ? _listing : _listing = ListAsync();
            first = _first.Task;
        }

        await Task.WhenAny(listing, Task.Delay(s_longestWait, time, cancellationToken));
        if (_snapshot is null)
        {
            await (await Task.WhenAny(listing, first)).WaitAsync(cancellationToken);
        }

        // A listing that took too long was cancelled.
        if (listing.IsCompleted && !listing.IsCompletedSuccessfully)
        {
            await listing;
        }

        return _snapshot!;
    }

    /// <summary>All there are, listed to the end, with all that has ended.</summary>
    public async Task<BoardSnapshot> ListAllAsync(CancellationToken cancellationToken)
    {
        Task listing;
        lock (_lock)
        {
            Task before = _listing ?? Task.CompletedTask;
            listing = _listing = ListAgainAsync(before);
        }

        await listing.WaitAsync(cancellationToken);
        return _snapshot!;
    }

    private async Task ListAgainAsync(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _endedAt = DateTimeOffset.MinValue;
        await ListAsync();
    }

    private async Task ListAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), time);
        var active = new Dictionary<string, CommitRow>(StringComparer.Ordinal);
        bool isWhole = await ListAsync(s_active, active, ended: false, () => Publish(active, _ended, isWhole: false), limit.Token);

        // What was there and is no more has ended: its end is read now, and not half a minute later.
        string[] gone = [.. _activeBefore.Where(id => !active.ContainsKey(id))];
        var ended = new Dictionary<string, CommitRow>(StringComparer.Ordinal);
        if (time.GetUtcNow() - _endedAt >= s_ended)
        {
            _isWhole = await ListAsync([], ended, ended: true, () => Publish(active, ended, isWhole: false), limit.Token);
            _endedAt = time.GetUtcNow();
            gone = [];
        }
        else
        {
            ended = new Dictionary<string, CommitRow>(_ended, StringComparer.Ordinal);
            gone = await ReadEndsAsync(gone, ended, limit.Token);
        }

        _ended = ended;
        _activeBefore = [.. active.Keys, .. gone];
        Publish(active, _ended, isWhole && _isWhole);
    }

    // What is left for the next look.
    private async Task<string[]> ReadEndsAsync(string[] gone, Dictionary<string, CommitRow> ended, CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery { InstanceIdPrefix = NewestPrefix, Statuses = s_over, PageSize = NewestAtOnce };
        var newest = new HashSet<string>(StringComparer.Ordinal);
        await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
        {
            foreach (CommitRow row in page.Values.Select(CommitRow.Of).OfType<CommitRow>().Where(static r => r.IsOver))
            {
                newest.Add(row.Id);
                ended[row.Id] = row;
            }

            break;
        }

        string[] unseen = [.. gone.Where(id => !newest.Contains(id))];
        foreach (string id in unseen.Take(EndedAtOnce))
        {
            if (await client.GetInstanceAsync(id, cancellationToken) is { } instance && CommitRow.Of(instance) is { IsOver: true } row)
            {
                ended[id] = row;
            }
        }

        return [.. unseen.Skip(EndedAtOnce)];
    }

    private async Task<bool> ListAsync(
        OrchestrationRuntimeStatus[] statuses,
        Dictionary<string, CommitRow> rows,
        bool ended,
        Action publish,
        CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery { Statuses = statuses, PageSize = PageSize };
        await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
        {
            foreach (CommitRow row in page.Values.Select(CommitRow.Of).OfType<CommitRow>().Where(r => r.IsOver == ended))
            {
                rows[row.Id] = row;
            }

            if (rows.Count >= MostRows)
            {
                return page.ContinuationToken is null;
            }

            // The first page is shown before there is another: the first viewer waits for no more.
            if (_snapshot is null or { IsWhole: false })
            {
                publish();
            }
        }

        return true;
    }

    private void Publish(Dictionary<string, CommitRow> active, Dictionary<string, CommitRow> ended, bool isWhole)
    {
        // One that is in both has ended, or was scheduled again since: the newer is right.
        var rows = new Dictionary<string, CommitRow>(active, StringComparer.Ordinal);
        foreach ((string id, CommitRow row) in ended)
        {
            if (!rows.TryGetValue(id, out CommitRow? other) || other.Attempts <= row.Attempts)
            {
                rows[id] = row;
            }
        }

        lock (_lock)
        {
            _snapshot = new BoardSnapshot([.. rows.Values], time.GetUtcNow(), isWhole);
            _first.TrySetResult();
        }
    }
}
