using DurableSessions.Core.Identities;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>Checks the ids of a request.</summary>
internal static class Ids
{
    /// <summary>The id, if it is valid. An id with <c>..</c> or a backslash is answered with 403, any other invalid id with 400.</summary>
    public static string Check(string id, Location location)
    {
        if (SessionKey.IsValidId(id))
        {
            return id;
        }

        if (id.Contains("..", StringComparison.Ordinal) || id.Contains('\\', StringComparison.Ordinal))
        {
            throw new ApiException(ApiError.PermissionDenied(location, "an id must not contain '..' or a backslash."));
        }

        throw ApiException.Invalid(
            location,
            $"an id is 1 to {SessionKey.MaxIdLength} characters of A-Z a-z 0-9 _ . @ - with at most one @, and neither '.' nor '..'.",
            "id_format");
    }
}
