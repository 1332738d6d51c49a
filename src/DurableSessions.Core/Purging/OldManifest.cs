using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Purging;

/// <summary>The manifest of a session as a listing has it.</summary>
/// <param name="Session">Of which session.</param>
/// <param name="WrittenAt">When it was written, by storage's clock.</param>
/// <param name="ETag">Of exactly this manifest.</param>
internal sealed record OldManifest(SessionKey Session, DateTimeOffset WrittenAt, ETag? ETag)
{
    /// <summary>Reads an item of a listing; <see langword="null"/> where it is no session's.</summary>
    public static OldManifest? Of(BlobItem blob) =>
        BlobNames.FindSession(blob.Name) is { } session && !blob.Metadata.ContainsKey(ManifestStore.DeletedMetadata)
            ? new OldManifest(session, blob.Properties.LastModified ?? DateTimeOffset.MaxValue, blob.Properties.ETag)
            : null;

    /// <summary>Whether a manifest that was read is this one. A listing has ETags with or without quotes.</summary>
    public bool Is(StoredManifest stored) => Text(ETag) == Text(stored.ETag);

    private static string? Text(ETag? etag) => etag?.ToString("G").Trim('"');
}
