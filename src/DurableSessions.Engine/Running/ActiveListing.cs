using Azure;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Lists the active instances, one page after another, and has the claimer note what each waits for. It goes on where the last page ended:
/// however many instances wait for a far timer, a sweep lists no more than <see cref="PagesOfASweep"/>. Belongs to one thread at a time.
/// </summary>
internal sealed class ActiveListing(
    InstanceStore store,
    LoadedInstances loaded,
    Claimer claimer,
    ParkedInstances parked,
    HandoverWatch watch,
    int pageSize,
    EngineMeter meter,
    ILogger log)
{
    /// <summary>The pages of one sweep.</summary>
    public const int PagesOfASweep = 2;

    private const int BadRequest = 400;

    private readonly FirstSeen _unreadableBlobs = new();
    private ActiveInstances.Builder _seen = new();
    private string? _next;
    private int _pages;

    // A host that has just started knows none.
    private bool _isWantedWhole = true;
    private bool _isWantedAgain;

    /// <summary>Whether there are pages to list now.</summary>
    public bool IsUnderWay => _pages > 0;

    /// <summary>All are to be listed now, from the first; where that is under way, once more behind it.</summary>
    public void Begin()
    {
        if (_pages == int.MaxValue)
        {
            _isWantedAgain = true;
            return;
        }

        _isWantedWhole = true;
        _next = null;
        _pages = int.MaxValue;
    }

    /// <summary>The pages of one sweep are to be listed now; all, where that was not done to the end.</summary>
    public void GoOn() => _pages = _isWantedWhole ? int.MaxValue : PagesOfASweep;

    /// <summary>Lists the next page. Where that fails it is left to the next <see cref="GoOn"/>.</summary>
    public async Task ListPageAsync(CancellationToken cancellationToken)
    {
        int pages = _pages;
        _pages = 0;
        if (_next is null)
        {
            parked.BeginListing();
            _seen = new ActiveInstances.Builder();
        }

        _next = await ListFromAsync(_next, cancellationToken);
        if (_next is not null)
        {
            _pages = pages == int.MaxValue ? pages : pages - 1;
            return;
        }

        parked.EndListing();
        meter.Listed(_seen.Build());
        _isWantedWhole = _isWantedAgain;
        _isWantedAgain = false;
        if (_isWantedWhole)
        {
            _pages = int.MaxValue;
        }
    }

    private async Task<string?> ListFromAsync(string? from, CancellationToken cancellationToken)
    {
        try
        {
            return await ListOnceAsync(from, cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == BadRequest)
        {
            // Storage does not take this token, and never will.
            _next = null;
            throw;
        }
    }

    private async Task<string?> ListOnceAsync(string? from, CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<InstanceHeader> headers, string? next) in
            store.ListAsync(InstanceStore.ActivePrefix, pageSize, from, Skip, cancellationToken))
        {
            foreach (InstanceHeader header in headers)
            {
                Note(header);
            }

            return next;
        }

        return null;
    }

    private void Note(InstanceHeader header)
    {
        _seen.Add(header.Name, header.Created);
        if (loaded.TryFind(header.Id, out _))
        {
            return;
        }

        claimer.Note(header);
        if (header.Owner is { } owner)
        {
            watch.Saw(owner);
        }
    }

    private void Skip(string blob)
    {
        if (_unreadableBlobs.IsFirst(blob))
        {
            log.BlobUnreadable(blob);
        }
    }
}
