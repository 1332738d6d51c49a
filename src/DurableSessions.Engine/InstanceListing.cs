using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>
/// Lists the active instances, then the finished ones, until the page is full, there are no more, or
/// <see cref="MaxListings"/> requests are sent. An instance that ends in between is listed twice rather than not at all; in one
/// page, once. Reads no blob, unless the query fetches inputs and outputs: then one for each instance of the page.
/// </summary>
internal sealed class InstanceListing(InstanceStore store)
{
    private const string Active = "a";
    private const string Finished = "f";
    private const int LargestPage = 1_000;
    private const int MaxListings = 8;
    private const int Growth = 4;
    private const int ReadsAtATime = 16;

    public async Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.PageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.PageSize, LargestPage);
        (IReadOnlyList<InstanceHeader> found, string? token) = await FillAsync(query, cancellationToken);
        OrchestrationMetadata?[] values = query.FetchInputsAndOutputs
            ? await ReadAsync(found, cancellationToken)
            : [.. found.Select(FromHeader)];
        return new OrchestrationPage([.. values.OfType<OrchestrationMetadata>()], token);
    }

    // Storage has a continuation token only for the end of each of its own pages: such a page is taken whole or not at all. A page
    // of no more blobs than there is room for always fits. Where the query wants few of its blobs, the next page is larger; one that
    // does not fit is listed again in the size that does.
    private async Task<(IReadOnlyList<InstanceHeader> Found, string? Token)> FillAsync(
        OrchestrationQuery query, CancellationToken cancellationToken)
    {
        (string prefix, string? marker) = Parse(query.ContinuationToken);
        var found = new OrderedDictionary<string, InstanceHeader>(StringComparer.Ordinal);
        int size = query.PageSize;
        for (int listing = 1; listing <= MaxListings && found.Count < query.PageSize; listing++)
        {
            (IReadOnlyList<InstanceHeader> headers, string? next) = await ListOnceAsync(prefix, size, marker, query, cancellationToken);
            List<InstanceHeader> wanted = [.. headers.Where(h => IsWanted(h, query))];
            int room = query.PageSize - found.Count;
            if (wanted.Count > room)
            {
                size = room;
                continue;
            }

            foreach (InstanceHeader header in wanted)
            {
                if (!found.TryGetValue(header.Id, out InstanceHeader? seen) || header.Generation >= seen.Generation)
                {
                    found[header.Id] = header;
                }
            }

            room = query.PageSize - found.Count;
            size = wanted.Count * 2 <= size ? Math.Min(LargestPage, Math.Max(size, room) * Growth) : room;
            marker = next;
            if (next is null)
            {
                if (prefix == InstanceStore.FinishedPrefix || !WantsEnded(query))
                {
                    return ([.. found.Values], null);
                }

                prefix = InstanceStore.FinishedPrefix;
                size = room;
            }
        }

        return ([.. found.Values], (prefix == InstanceStore.ActivePrefix ? Active : Finished) + marker);
    }

    private async Task<(IReadOnlyList<InstanceHeader> Headers, string? Next)> ListOnceAsync(
        string prefix, int size, string? marker, OrchestrationQuery query, CancellationToken cancellationToken)
    {
        await foreach ((IReadOnlyList<InstanceHeader> Headers, string? Next) page in
            store.ListAsync(prefix, size, marker, skipped: null, cancellationToken, query.InstanceIdPrefix))
        {
            return page;
        }

        return ([], null);
    }

    private static (string Prefix, string? Marker) Parse(string? token) => token switch
    {
        null => (InstanceStore.ActivePrefix, null),
        Finished => (InstanceStore.FinishedPrefix, null),
        _ when token.StartsWith(Active, StringComparison.Ordinal) => (InstanceStore.ActivePrefix, token[Active.Length..]),
        _ when token.StartsWith(Finished, StringComparison.Ordinal) => (InstanceStore.FinishedPrefix, token[Finished.Length..]),
        _ => throw new ArgumentException("The continuation token is not one of a listing.", nameof(token)),
    };

    // A query for running instances reads no page of the finished ones.
    private static bool WantsEnded(OrchestrationQuery query) =>
        query.Statuses.Count == 0 || query.Statuses.Any(static s => s.IsOver());

    private static bool IsWanted(InstanceHeader header, OrchestrationQuery query) =>
        (query.Statuses.Count == 0 || query.Statuses.Contains(header.Status))
        && !(header.Created < query.CreatedFrom)
        && !(header.Created >= query.CreatedTo);

    private async Task<OrchestrationMetadata?[]> ReadAsync(IReadOnlyList<InstanceHeader> headers, CancellationToken cancellationToken)
    {
        var read = new OrchestrationMetadata?[headers.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, headers.Count),
            new ParallelOptions { MaxDegreeOfParallelism = ReadsAtATime, CancellationToken = cancellationToken },
            async (i, token) => read[i] = (await store.ViewAsync(headers[i].Id, token)).Current?.ToMetadata());
        return read;
    }

    private static OrchestrationMetadata FromHeader(InstanceHeader header) => new()
    {
        Name = header.Name,
        InstanceId = header.Id,
        RuntimeStatus = header.Status,
        CreatedAt = header.Created,
        LastUpdatedAt = header.Updated,
        Generation = header.Generation,
        FairnessKey = header.FairnessKey,
        Tags = header.Tags,
        SerializedCustomStatus = header.CustomStatus,
    };
}
