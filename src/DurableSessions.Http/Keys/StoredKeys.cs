using Azure;

namespace DurableSessions.Http.Keys;

/// <summary>The keys of one read, with the ETag of their blob.</summary>
/// <param name="ETag">The blob's ETag; <see langword="null"/> where the blob does not exist.</param>
/// <param name="Keys">The keys, oldest first; <see langword="null"/> where the blob does not exist.</param>
internal sealed record StoredKeys(ETag? ETag, IReadOnlyList<ApiKey>? Keys)
{
    public static StoredKeys None { get; } = new(null, null);
}
