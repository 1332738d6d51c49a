using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>The archives of a user, by their numbers, that are in merged segments of the search index. What is damaged has none.</summary>
internal sealed class MergedArchives(IndexMerger merger, UserKey user)
{
    private Dictionary<string, Dictionary<(string SessionId, string Incarnation), HashSet<int>>> _segments = new(StringComparer.Ordinal);

    public UserKey User { get; } = user;

    /// <summary>Whether the first part of an archive is in one of the segments.</summary>
    public bool Has(SessionKey session, string incarnation, int number) => _segments.Values.Any(
        s => s.TryGetValue((session.Id, incarnation), out HashSet<int>? numbers) && numbers.Contains(number));

    /// <summary>Lists the segments, and reads those that are new.</summary>
    /// <exception cref="ContentionException">Segments were merged all the time.</exception>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        _segments = await MovingIndex.ReadAsync(User, async () =>
        {
            var now = new Dictionary<string, Dictionary<(string, string), HashSet<int>>>(StringComparer.Ordinal);
            await foreach (ListedSegment segment in merger.ListAsync(User, BlobNames.MergedOfUser(User), cancellationToken))
            {
                now[segment.Name] = _segments.GetValueOrDefault(segment.Name) ?? await ReadAsync(segment, cancellationToken);
            }

            return now;
        });
    }

    private async Task<Dictionary<(string, string), HashSet<int>>> ReadAsync(ListedSegment segment, CancellationToken cancellationToken)
    {
        var numbers = new Dictionary<(string, string), HashSet<int>>();
        try
        {
            foreach (SegmentArchive archive in await merger.ReadArchivesAsync(segment, cancellationToken))
            {
                if (archive.Part == 0)
                {
                    if (!numbers.TryGetValue((archive.SessionId, archive.Incarnation), out HashSet<int>? ofSession))
                    {
                        numbers[(archive.SessionId, archive.Incarnation)] = ofSession = [];
                    }

                    ofSession.Add(archive.Number);
                }
            }
        }
        catch (FormatException)
        {
            // An error that the look at merged segments reports.
        }

        return numbers;
    }
}
