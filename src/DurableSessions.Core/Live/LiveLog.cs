using System.Runtime.CompilerServices;
using Azure;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Live;

/// <summary>Reads the live messages of a manifest.</summary>
internal sealed class LiveLog(ManifestStore manifests, SegmentStore segments)
{
    /// <summary>All of them, in order. Those that are appended meanwhile may be among them.</summary>
    /// <exception cref="RequestFailedException">
    /// 404: a segment has gone since the manifest was read; or one is empty and the manifest has changed, so that it may be one that came
    /// back.
    /// </exception>
    public async IAsyncEnumerable<SessionMessage> ReadAsync(
        SessionKey key, StoredManifest stored, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool isOneEmpty = false;
        foreach (SegmentReference segment in stored.Manifest.Live)
        {
            bool isEmpty = true;
            await foreach (BlobLine line in segments.ReadAsync(segment.Name, 0, cancellationToken))
            {
                isEmpty = false;
                yield return SessionMessage.Parse(line.Content);
            }

            isOneEmpty |= isEmpty;
        }

        if (isOneEmpty && !await manifests.IsNewestAsync(key, stored, cancellationToken))
        {
            throw new BlobGoneException($"A segment of session '{key.Id}' was empty, and its manifest has changed.");
        }
    }
}
