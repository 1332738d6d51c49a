namespace DurableSessions.Testing;

/// <summary>The headers <c>If-Match</c> and <c>If-None-Match</c>, each with one ETag or <c>*</c>.</summary>
internal static class Conditions
{
    private const string Any = "*";

    /// <summary>Of Get Blob and Get Blob Properties.</summary>
    /// <returns>The condition is not met: 412, 304, or 400 where it cannot be.</returns>
    public static StorageFailureException? OfRead(SimulatedRequest request, SimulatedBlob? blob)
    {
        (string? match, string? noneMatch) = Of(request);
        bool isMatch = match is null || (blob is not null && (match == Any || match == blob.Stamp.Tag));
        return blob is null && !isMatch ? StorageFailureException.ConditionNotMet()
            : noneMatch == Any ? StorageFailureException.UnsatisfiableCondition()
            : !isMatch ? StorageFailureException.ConditionNotMet()
            : noneMatch is not null && noneMatch == blob?.Stamp.Tag ? StorageFailureException.NotModified()
            : null;
    }

    /// <summary>Of a write that creates a blob or replaces it as a whole.</summary>
    /// <param name="account">For its differences.</param>
    /// <param name="request">With the condition.</param>
    /// <param name="blob">What can be read under the name.</param>
    /// <param name="occupant">What a creation with <c>If-None-Match: *</c> finds.</param>
    /// <exception cref="StorageFailureException">The condition is not met: 412, or 409 for a creation that finds a blob.</exception>
    public static void CheckCreation(SimulatedAccount account, SimulatedRequest request, SimulatedBlob? blob, SimulatedBlob? occupant)
    {
        if (Of(request) is (null, Any))
        {
            if (occupant is not null)
            {
                throw StorageFailureException.BlobAlreadyExists();
            }
        }
        else
        {
            CheckWrite(account, request, blob);
        }
    }

    /// <summary>Of any other write.</summary>
    /// <exception cref="StorageFailureException">The condition is not met: 412.</exception>
    public static void CheckWrite(SimulatedAccount account, SimulatedRequest request, SimulatedBlob? blob) =>
        CheckWrite(request, blob, heedsAny: account.AsService(ServiceDifference.WriteIfNoneMatchAny));

    /// <summary>Of a deletion: <c>If-None-Match: *</c> does not keep it from any blob.</summary>
    /// <exception cref="StorageFailureException">The condition is not met: 412.</exception>
    public static void CheckDeletion(SimulatedRequest request, SimulatedBlob? blob) => CheckWrite(request, blob, heedsAny: false);

    private static void CheckWrite(SimulatedRequest request, SimulatedBlob? blob, bool heedsAny)
    {
        switch (Of(request))
        {
            case (not null, not null):
                throw StorageFailureException.MultipleConditionHeadersNotSupported();
            case (null, Any) when blob is null || !heedsAny:
                break;
            case (null, { } etag) when blob is not null && (etag == Any || etag == blob.Stamp.Tag):
            case ({ } expected, null) when blob is null || (expected != Any && expected != blob.Stamp.Tag):
                throw StorageFailureException.ConditionNotMet();
            default:
                break;
        }
    }

    private static (string? Match, string? NoneMatch) Of(SimulatedRequest request)
    {
        (string? match, string? noneMatch) = (Unquoted(request.Header("If-Match")), Unquoted(request.Header("If-None-Match")));
        return match?.Contains(',', StringComparison.Ordinal) == true || noneMatch?.Contains(',', StringComparison.Ordinal) == true
            ? throw new UnknownRequestException(request, "a condition with several ETags")
            : (match, noneMatch);
    }

    // The storage client quotes it in some requests.
    private static string? Unquoted(string? tag) => tag?.Trim('"');
}
