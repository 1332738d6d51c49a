using Azure;

namespace DurableSessions.Http.Keys;

/// <summary>The keys of one read, with the ETag of their blob.</summary>
/// <param name="ETag">The blob's ETag; <see langword="null"/> where the blob does not exist.</param>
/// <param name="Keys">The keys, oldest first; <see langword="null"/> where the blob does not exist.</param>
internal sealed record StoredKeys(ETag? ETag, IReadOnlyList<ApiKey>? Keys)
{
    /// <summary>There never was a key: neither the blob nor the container's mark is there.</summary>
    public static StoredKeys None { get; } = new(null, null);

    /// <summary>The container is marked as one that has keys, but their blob is not there.</summary>
    public static StoredKeys Missing { get; } = new(null, null);

    /// <summary>Whether this is <see cref="Missing"/>.</summary>
    public bool AreMissing => ReferenceEquals(this, Missing);
}
