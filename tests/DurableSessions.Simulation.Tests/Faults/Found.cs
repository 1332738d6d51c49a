using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
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
    /// Each archive has one segment of the index, and each of its messages is found in it, and each that is live by its session; nothing
    /// else is found. Where a request arrived
    /// after everything was over, it may have left a segment, by which nothing is found.
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

        foreach (Archived archive in audit?.Archives ?? [])
        {
            foreach (string text in archive.Texts)
            {
                SearchHit[] hits = await SearchAsync(fresh, key, text);
                SearchHit hit = Assert.Single(hits, h => h.Message?.Snippet == text);
                Assert.Equal((key, archive.Number), (hit.Archive!.Session, hit.Archive.Number));
            }
        }

        foreach (string text in audit?.Context.Except(audit.Archives.SelectMany(static a => a.Texts)) ?? [])
        {
            SearchHit hit = Assert.Single(await SearchAsync(fresh, key, text), h => h.Message?.Snippet == text);
            Assert.Equal(key, hit.Live?.Session);
        }

        if (audit is null)
        {
            foreach (string word in (string[])["p1", "p2", "a1"])
            {
                Assert.Empty(await SearchAsync(fresh, key, word));
            }
        }
    }

    private static async Task<(int Number, string CommitId)[]> IndexedAsync(
        BlobContainerClient blobs, SessionKey key, string? incarnation) => await blobs
        .GetBlobsAsync(new GetBlobsOptions { Prefix = BlobNames.SearchOfUser(key.Owner) }, Cancelled)
        .Select(static b => BlobNames.FindSearchSegment(b.Name)!.Value)
        .Where(s => s.Commit.Session == key && (incarnation is null || s.Commit.Incarnation == incarnation))
        .Select(static s => (s.Number, s.Commit.CommitId.Value))
        .OrderBy(static s => s.Number)
        .ToArrayAsync(Cancelled);

    private static async Task<SearchHit[]> SearchAsync(Host fresh, SessionKey key, string text) =>
    [
        .. (await fresh.Store.MemorySearch.SearchAsync(key.Owner, text, MemorySearch.MaxHits, null, Cancelled))
            .Where(h => (h.Archive?.Session ?? h.Live?.Session) == key),
    ];
}
