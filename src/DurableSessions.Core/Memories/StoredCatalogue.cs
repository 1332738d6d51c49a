using Azure;

namespace DurableSessions.Core.Memories;

/// <summary>A catalogue as it was read, with the ETag that a swap of it must match; none where there is no catalogue yet.</summary>
internal sealed record StoredCatalogue(MemoryCatalogue Catalogue, ETag? ETag);
