using Azure;

namespace DurableSessions.Http.Keys;

/// <summary>The keys as they were read.</summary>
/// <param name="ETag">Of the blob; <see langword="null"/> where there is none.</param>
/// <param name="Keys">The keys; <see langword="null"/> where there is no blob.</param>
internal sealed record StoredKeys(ETag? ETag, IReadOnlyList<ApiKey>? Keys)
{
    public static StoredKeys None { get; } = new(null, null);
}
