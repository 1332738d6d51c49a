using Azure;

namespace DurableSessions.Core.State;

/// <summary>A manifest as it was read or written.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="ETag">What a swap of it must match.</param>
/// <param name="WrittenAt">When it was written, by storage's clock.</param>
internal sealed record StoredManifest(Manifest Manifest, ETag ETag, DateTimeOffset WrittenAt);
