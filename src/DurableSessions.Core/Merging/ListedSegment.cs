using Azure.Storage.Blobs.Models;

namespace DurableSessions.Core.Merging;

/// <summary>A segment as a listing has it. It is written once.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="WrittenAt">When it was written.</param>
internal sealed record ListedSegment(string Name, long Bytes, DateTimeOffset WrittenAt)
{
    public static ListedSegment Of(BlobItem blob) =>
        new(blob.Name, blob.Properties.ContentLength!.Value, blob.Properties.LastModified!.Value);
}
