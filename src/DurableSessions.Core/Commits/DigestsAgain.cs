using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Commits;

/// <summary>Starts digesting a session's degraded archives again.</summary>
internal sealed class DigestsAgain(
    SessionStorage storage, ManifestStore manifests, OrchestrationClient client, SemanticProcessors processors,
    ILogger<DigestsAgain> logger)
{
    // The manifest, and a new instance or one more generation of an instance.
    private const int RequestsOfAStart = 4;

    /// <summary>Whether a manifest has an archive to be digested again, and this host a model to do it.</summary>
    public bool AreDue(Manifest manifest) => manifest is { DeletedAt: null, DegradedFrom: not null } && processors.HasModel;

    /// <summary>Starts it; where it is on its way that changes nothing, and where it has ended it runs once more.</summary>
    /// <param name="session">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="cancellationToken">Ends the start, which may then be done.</param>
    /// <returns>Whether there is anything to digest again.</returns>
    public async Task<bool> StartAsync(SessionKey session, Manifest manifest, CancellationToken cancellationToken)
    {
        if (!AreDue(manifest))
        {
            return false;
        }

        var input = new DigestAgainInput(session, manifest.Incarnation);
        await client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.DigestAgainOrchestrator,
            input,
            new StartOrchestrationOptions(input.InstanceId)
            {
                ReusableStatuses = [OrchestrationRuntimeStatus.Completed, .. OrchestrationRuntimeStatuses.Broken],
                FairnessKey = session.Owner.ToString(),
            },
            cancellationToken);
        return true;
    }

    /// <summary>Starts it for the sessions of one page of a listing, which costs one request and some for each start.</summary>
    /// <param name="user">Whose sessions; <see langword="null"/>: all that there are.</param>
    /// <param name="limit">Sessions in the page; 1 or more.</param>
    /// <param name="cursor">From the page before.</param>
    /// <param name="starting">Called before each start, with the most requests that it costs. What it throws ends the starts.</param>
    /// <param name="cancellationToken">Ends the starts; those before are made.</param>
    /// <returns>How many were started, and what continues; <see langword="null"/> where this is the last page.</returns>
    public async Task<(int Started, string? Cursor)> StartPageAsync(
        UserKey? user, int limit, string? cursor, Action<int>? starting, CancellationToken cancellationToken)
    {
        var options = new GetBlobsOptions
        {
            Prefix = user is null ? BlobNames.Manifests : BlobNames.ManifestPrefix(user),
            Traits = BlobTraits.Metadata,
        };
        await foreach (Page<BlobItem> page in storage.Container.GetBlobsAsync(options, cancellationToken).AsPages(cursor, limit))
        {
            int started = 0;
            foreach (BlobItem blob in page.Values.Where(static b => b.Metadata.ContainsKey(ManifestStore.DegradedMetadata)))
            {
                starting?.Invoke(RequestsOfAStart);
                if (BlobNames.FindSession(blob.Name) is { } session && await TryStartAsync(session, cancellationToken))
                {
                    started++;
                }
            }

            return (started, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
        }

        return (0, null);
    }

    // A session whose manifest cannot be read holds up no other.
    private async Task<bool> TryStartAsync(SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            return await manifests.LoadAsync(session, cancellationToken) is { Manifest: var manifest }
                && await StartAsync(session, manifest, cancellationToken);
        }
        catch (JsonException e)
        {
            logger.DigestAgainNotStarted(e, session);
            return false;
        }
    }
}
