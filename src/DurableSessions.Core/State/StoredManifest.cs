using Azure;

namespace DurableSessions.Core.State;

/// <summary>A manifest as it was read or written, with the ETag that a swap of it must match.</summary>
internal sealed record StoredManifest(Manifest Manifest, ETag ETag);
