using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Auditing;

/// <summary>
/// Checks the live segments that one manifest names. A segment that is missing is lost only where a manifest read after that still
/// names it: it is deleted only after the manifest has let go of it, and its name never comes back.
/// </summary>
internal sealed class LiveCheck(AuditedStorage storage, AuditTally tally)
{
    /// <summary>Checks all of them. <see langword="null"/>: the manifest has moved on meanwhile; look at the next one.</summary>
    public async Task<LiveState?> TryRunAsync(SessionKey key, Manifest manifest, CancellationToken cancellationToken)
    {
        var state = new LiveState(key);
        if (await CheckSealsAsync(key, manifest, state, cancellationToken) is false)
        {
            return null;
        }

        foreach (SegmentReference segment in manifest.Live)
        {
            if (!await TryReadAsync(segment.Name, state, cancellationToken)
                && !await ReportLostAsync(key, manifest, segment.Name, state, cancellationToken))
            {
                return null;
            }
        }

        return state;
    }

    // Backwards: a seal comes before the first message behind it, so a host that sees the message first must see the seal.
    private async Task<bool> CheckSealsAsync(SessionKey key, Manifest manifest, LiveState state, CancellationToken cancellationToken)
    {
        bool isFollowed = false;
        foreach (SegmentReference segment in manifest.Live.Reverse())
        {
            if (await storage.FindPropertiesAsync(segment.Name, cancellationToken) is not { } properties)
            {
                if (!await ReportLostAsync(key, manifest, segment.Name, state, cancellationToken))
                {
                    return false;
                }

                continue;
            }

            if (!segment.Immutable && !properties.IsSealed && isFollowed)
            {
                // Switched since the manifest was read, and brought back by a late copy of its creation.
                if (await storage.FindLivingAsync(key, manifest.Incarnation, cancellationToken) is not { } living
                    || !living.Keeps(segment.Name))
                {
                    return false;
                }

                state.Add(FindingKind.SegmentNotSealed, FindingSeverity.Error, segment.Name,
                    "the segment takes appends although messages behind it are acknowledged: their order is not safe");
            }

            if (segment == manifest.Last && properties.IsSealed
                && await storage.FindLivingAsync(key, manifest.Incarnation, cancellationToken) is { } now && now.Last == segment)
            {
                state.Add(FindingKind.SegmentSealed, FindingSeverity.Information, segment.Name,
                    "the last segment is sealed; the next append adds another one");
            }

            isFollowed |= !segment.Immutable && properties.ContentLength > 0;
        }

        return true;
    }

    private async Task<bool> TryReadAsync(string segment, LiveState state, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (BlobLine line in BlobLines.ReadAsync(storage.Storage.Container, segment, cancellationToken: cancellationToken))
            {
                state.See(SessionMessage.Parse(line.Content), segment);
                tally.AddMessage();
            }

            return true;
        }
        catch (FormatException e)
        {
            state.Add(FindingKind.SegmentDamaged, FindingSeverity.Error, segment, $"the segment cannot be read: {e.Message}");
            return true;
        }
        catch (BlobGoneException)
        {
            return false;
        }
    }

    // False: it was not lost.
    private async Task<bool> ReportLostAsync(
        SessionKey key, Manifest manifest, string segment, LiveState state, CancellationToken cancellationToken)
    {
        if (await storage.FindLivingAsync(key, manifest.Incarnation, cancellationToken) is not { } now
            || now.Live.All(s => s.Name != segment))
        {
            return false;
        }

        state.Add(
            FindingKind.SegmentLost, FindingSeverity.Error, segment,
            "the manifest names the segment as live, and it is not there: its messages are lost");
        return true;
    }
}
