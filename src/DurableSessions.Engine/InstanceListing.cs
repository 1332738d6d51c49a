using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine;

/// <summary>
/// Lists the active instances, then the finished ones. An instance that ends in between is seen twice, rather than not at
/// all. Reads no bodies, unless inputs and outputs are asked for.
/// </summary>
internal sealed class InstanceListing(InstanceStore store)
{
    private const string Active = "a";
    private const string Finished = "f";
    private const int LargestPage = 1_000;
    private const int ReadsAtATime = 16;

    public async Task<OrchestrationPage> ListAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.PageSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.PageSize, LargestPage);
        (string prefix, string? marker) = Parse(query.ContinuationToken);

        IReadOnlyList<InstanceHeader> headers = [];
        string? next = null;
        await foreach ((IReadOnlyList<InstanceHeader> Headers, string? Next) page in
            store.ListAsync(prefix, query.PageSize, marker, skipped: null, cancellationToken, query.InstanceIdPrefix))
        {
            (headers, next) = page;
            break;
        }

        List<InstanceHeader> wanted = [.. headers.Where(h => IsWanted(h, query))];
        OrchestrationMetadata?[] values = query.FetchInputsAndOutputs
            ? await ReadAsync(wanted, cancellationToken)
            : [.. wanted.Select(FromHeader)];
        string? token = next is not null ? (prefix == InstanceStore.ActivePrefix ? Active : Finished) + next
            : prefix == InstanceStore.ActivePrefix && WantsEnded(query) ? Finished
            : null;
        return new OrchestrationPage([.. values.OfType<OrchestrationMetadata>()], token);
    }

    private static (string Prefix, string? Marker) Parse(string? token) => token switch
    {
        null => (InstanceStore.ActivePrefix, null),
        Finished => (InstanceStore.FinishedPrefix, null),
        _ when token.StartsWith(Active, StringComparison.Ordinal) => (InstanceStore.ActivePrefix, token[Active.Length..]),
        _ when token.StartsWith(Finished, StringComparison.Ordinal) => (InstanceStore.FinishedPrefix, token[Finished.Length..]),
        _ => throw new ArgumentException("The continuation token is not one of a listing.", nameof(token)),
    };

    // What is asked for what runs need not go through all that has ended.
    private static bool WantsEnded(OrchestrationQuery query) =>
        query.Statuses.Count == 0 || query.Statuses.Any(static s => s.IsOver());

    private static bool IsWanted(InstanceHeader header, OrchestrationQuery query) =>
        (query.Statuses.Count == 0 || query.Statuses.Contains(header.Status))
        && !(header.Created < query.CreatedFrom)
        && !(header.Created >= query.CreatedTo);

    private async Task<OrchestrationMetadata?[]> ReadAsync(List<InstanceHeader> headers, CancellationToken cancellationToken)
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
    };
}
