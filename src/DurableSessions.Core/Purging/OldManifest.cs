using System.Globalization;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Purging;

/// <summary>The manifest of a session as a listing has it.</summary>
/// <param name="Session">Of which session.</param>
/// <param name="WrittenAt">When it was written, but for swaps that let archives expire, by storage's clock.</param>
/// <param name="ETag">Of exactly this manifest.</param>
internal sealed record OldManifest(SessionKey Session, DateTimeOffset WrittenAt, ETag? ETag)
{
    /// <summary>
    /// What the metadata says of archives: a time before which none that may expire was switched, or <see cref="ManifestStore.NoArchive"/>;
    /// <see langword="null"/>: an earlier version wrote it.
    /// </summary>
    public string? OldestArchive { get; init; }

    private static DateTimeOffset? Time(IDictionary<string, string> metadata, string name) =>
        metadata.TryGetValue(name, out string? text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset time)
                ? time
                : null;

    /// <summary>Whether an archive that may expire may have been switched before a time; what cannot be read may.</summary>
    public bool MayHaveArchivesBefore(DateTimeOffset time) => OldestArchive != ManifestStore.NoArchive
        && !(DateTimeOffset.TryParse(
                OldestArchive, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset oldest)
            && oldest >= time);

    /// <summary>Reads an item of a listing; <see langword="null"/> where it is no session's.</summary>
    public static OldManifest? Of(BlobItem blob) =>
        BlobNames.FindSession(blob.Name) is { } session && !blob.Metadata.ContainsKey(ManifestStore.DeletedMetadata)
            ? new OldManifest(
                session,
                Time(blob.Metadata, ManifestStore.UnusedMetadata) ?? blob.Properties.LastModified ?? DateTimeOffset.MaxValue,
                blob.Properties.ETag)
            {
                OldestArchive = blob.Metadata.TryGetValue(ManifestStore.OldestArchiveMetadata, out string? oldest) ? oldest : null,
            }
            : null;

    /// <summary>Whether a manifest that was read is this one. A listing has ETags with or without quotes.</summary>
    public bool Is(StoredManifest stored) => Text(ETag) == Text(stored.ETag);

    private static string? Text(ETag? etag) => etag?.ToString("G").Trim('"');
}
