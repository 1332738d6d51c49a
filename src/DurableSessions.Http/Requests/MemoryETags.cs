using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Requests;

/// <summary>ETags of memories and the conditions of requests: one strong ETag, or <c>*</c> to create only.</summary>
internal static class MemoryETags
{
    private const string Any = "*";

    public static string Of(MemoryInfo memory) => $"\"{memory.Version}\"";

    /// <summary>The condition of a write.</summary>
    public static MemoryCondition Condition(HttpRequest request)
    {
        StringValues match = request.Headers.IfMatch;
        StringValues none = request.Headers.IfNoneMatch;
        if (none.Count > 0 && (none.ToString() != Any || match.Count > 0))
        {
            throw ApiException.Invalid(Location.Header("If-None-Match"), "must be * for a write, and without If-Match.");
        }

        return match.Count == 0
            ? new MemoryCondition(IsNew: none.Count > 0)
            : match.ToString() is ['"', .. { Length: > 0 } version, '"'] && !version.Contains('"', StringComparison.Ordinal)
                ? new MemoryCondition(version)
                : throw ApiException.Invalid(Location.Header("If-Match"), "must be one ETag, in quotes.");
    }

    /// <summary>Whether the client has this version already.</summary>
    public static bool IsKnown(HttpRequest request, MemoryInfo memory) =>
        request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Any(tag => tag == Of(memory));
}
