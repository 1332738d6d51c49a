using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Purging;

/// <summary>A manifest as a listing has it.</summary>
/// <param name="Session">Of which session.</param>
/// <param name="WrittenAt">When it was written, by storage's clock.</param>
/// <param name="IsTombstone">Whether the session is deleted.</param>
internal sealed record OldManifest(SessionKey Session, DateTimeOffset WrittenAt, bool IsTombstone)
{
    /// <summary>Reads an item of a listing; <see langword="null"/> where its name is no manifest's.</summary>
    public static OldManifest? Of(BlobItem blob) => BlobNames.FindSession(blob.Name) is { } session
        ? new OldManifest(
            session,
            blob.Properties.LastModified ?? DateTimeOffset.MaxValue,
            blob.Metadata.ContainsKey(ManifestStore.DeletedMetadata))
        : null;
}
