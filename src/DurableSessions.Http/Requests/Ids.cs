using DurableSessions.Core.Identities;
using DurableSessions.Http.Errors;

namespace DurableSessions.Http.Requests;

/// <summary>Checks ids where they enter.</summary>
internal static class Ids
{
    /// <summary>The id, where it is one. What looks like a way out of a folder is refused, not merely wrong.</summary>
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
