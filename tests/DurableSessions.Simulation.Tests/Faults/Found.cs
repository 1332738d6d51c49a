using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>What a search on a host that has seen nothing before finds of a session, when everything is over.</summary>
internal static class Found
{
    // In seconds.
    private const int LongestDeletion = 60;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>
    /// Each archive is in a segment of the index, in one at most of those that were not merged. Each of its messages is found in it, and
    /// each that is live by its session; nothing else is found. Where a request arrived after everything was over, it may have left a
    /// segment, by which nothing is found.
    /// </summary>
    public static async Task CheckAsync(BlobContainerClient blobs, Host fresh, SessionKey key, Audit? audit, bool mayBeLate)
    {
        string? incarnation = audit is null ? null : await fresh.Store.Sessions.IncarnationAsync(key, Cancelled);
        (int, string)[] expected = [.. (audit?.Archives ?? []).Select(static a => (a.Number, a.TaskId))];
        if (audit is not null)
        {
            Assert.Equal(expected, await IndexedAsync(blobs, key, incarnation));
        }
        else if (!mayBeLate)
        {
            // The deletion may be carried on by another host, when that sees that the first one is dead.
            for (int waited = 0; waited < LongestDeletion && (await IndexedAsync(blobs, key, null)).Length > 0; waited++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), fresh.Time, Cancelled);
            }

            Assert.Empty(await IndexedAsync(blobs, key, null));
        }

        // A hit is the best message of its archive, or of the live ones: of each place one message is asked for at a time.
        List<(string[] Texts, int? Number)> places = [.. (audit?.Archives ?? []).Select(static a => (a.Texts.ToArray(), (int?)a.Number))];
        places.Add(([.. audit?.Context.Except(places.SelectMany(static p => p.Texts)) ?? []], null));
        for (int round = 0; round < places.Max(static p => p.Texts.Length); round++)
        {
            (string Text, int? Number)[] asked =
                [.. places.Where(p => p.Texts.Length > round).Select(p => (p.Texts[round], p.Number))];
            SearchHit[] hits = await SearchAsync(fresh, key, string.Join(' ', asked.Select(static a => a.Text.Split('=')[^1])));
            foreach ((string text, int? number) in asked)
            {
                // Of messages that share words another one may be the best for all that is asked.
                SearchHit[] own = hits.Any(h => h.Message?.Snippet == text) ? hits : await SearchAsync(fresh, key, text);
                SearchHit hit = Assert.Single(own, h => h.Message?.Snippet == text);
                Assert.Equal((key, number), (hit.Archive?.Session ?? hit.Live?.Session, hit.Archive?.Number));
            }
        }

        if (audit is null)
        {
            Assert.Empty(await SearchAsync(fresh, key, "p1 p2 a1"));
        }
    }

    // While segments are merged an archive may be in more than one.
    private static async Task<(int Number, string CommitId)[]> IndexedAsync(
        BlobContainerClient blobs, SessionKey key, string? incarnation)
    {
        var found = new HashSet<(int Number, string CommitId)>();
        var options = new GetBlobsOptions { Prefix = BlobNames.SearchOfUser(key.Owner) };
        await foreach (BlobItem blob in blobs.GetBlobsAsync(options, Cancelled))
        {
            if (BlobNames.FindMergedSegment(blob.Name) is null)
            {
                (CommitAttempt commit, int number, _) = BlobNames.FindSearchSegment(blob.Name)!.Value;
                if (commit.Session == key && (incarnation is null || commit.Incarnation == incarnation)
                    && !found.Add((number, commit.CommitId.Value)))
                {
                    Assert.Fail($"Archive {number} has two segments: {blob.Name}.");
                }
            }
        }

        await foreach (SegmentArchive archive in MergedAsync(blobs, key))
        {
            if (incarnation is null || archive.Incarnation == incarnation)
            {
                found.Add((archive.Number, archive.CommitId.Value));
            }
        }

        return [.. found.OrderBy(static s => s.Number)];
    }

    private static async IAsyncEnumerable<SegmentArchive> MergedAsync(BlobContainerClient blobs, SessionKey key)
    {
        var options = new GetBlobsOptions { Prefix = BlobNames.MergedOfUser(key.Owner) };
        await foreach (BlobItem blob in blobs.GetBlobsAsync(options, Cancelled))
        {
            var bytes = new BlobSegment(blobs.GetBlobClient(blob.Name), blob.Properties.ContentLength!.Value);
            foreach (SegmentArchive archive in await SegmentReader.ReadArchivesAsync(bytes, Cancelled))
            {
                if (archive.SessionId == key.Id)
                {
                    yield return archive;
                }
            }
        }
    }

    private static async Task<SearchHit[]> SearchAsync(Host fresh, SessionKey key, string text) =>
    [
        .. (await fresh.Store.MemorySearch.SearchAsync(key.Owner, text, MemorySearch.MaxHits, null, Cancelled))
            .Where(h => (h.Archive?.Session ?? h.Live?.Session) == key),
    ];
}
