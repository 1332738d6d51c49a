using System.Runtime.CompilerServices;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Reads every orchestration, over or not. A damaged one holds up nothing for ever: a host that runs ends it as failed, and keeps what was
/// stored. One of a newer version is left to the hosts that know it.
/// </summary>
internal sealed class OrchestrationCheck(OrchestrationClient client, AuditTally tally)
{
    private const int PageSize = 1_000;
    private const int ReadAtOnce = 8;

    /// <summary>Looks at every instance.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = new OrchestrationQuery { PageSize = PageSize };
        await foreach (OrchestrationPage page in client.ListPagesAsync(query, cancellationToken))
        {
            foreach (OrchestrationMetadata[] chunk in page.Values.Chunk(ReadAtOnce))
            {
                foreach (Finding? finding in await Task.WhenAll(chunk.Select(m => CheckAsync(m.InstanceId, cancellationToken))))
                {
                    tally.AddBlob();
                    if (finding is not null)
                    {
                        yield return finding;
                    }
                }
            }
        }
    }

    private async Task<Finding?> CheckAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetInstanceAsync(id, cancellationToken) is { FailureDetails: { } failure }
                && failure.IsCausedBy<OrchestrationUnreadableException>()
                ? new Finding(
                    FindingKind.OrchestrationDamaged, FindingSeverity.Information, null, id,
                    "an orchestration that could not be read, and has failed; what was stored of it was kept")
                : null;
        }
        catch (OrchestrationUnreadableException e)
        {
            return new Finding(FindingKind.OrchestrationDamaged, FindingSeverity.Error, null, id, e.Message);
        }
    }
}
