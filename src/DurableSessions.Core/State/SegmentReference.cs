using System.Text.Json.Serialization;

namespace DurableSessions.Core.State;

/// <summary>A segment in the manifest.</summary>
/// <param name="Name">Its blob.</param>
/// <param name="Immutable">
/// Written whole by a commit (what it retained), as a block blob: it never takes an append, and cannot be sealed. Manifests call it
/// <c>frozen</c>.
/// </param>
/// <param name="CreatedETag">
/// Its ETag while it is empty. A late copy of the request that created it may bring it back when it has been deleted: with another
/// ETag, and empty. <see langword="null"/> where it is immutable, and in manifests that were written by a version
/// that does not know this field: then a late copy of the creation of a segment that was empty is not recognised.
/// </param>
internal sealed record SegmentReference(
    string Name, [property: JsonPropertyName("frozen")] bool Immutable = false, string? CreatedETag = null);
