using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Requests;

/// <summary>The URI of a user's resource: <c>viking://user/{user}/…</c>; <c>viking://~/…</c> is the caller's.</summary>
/// <param name="Text">The full URI, with the caller's user in the place of <c>~</c>.</param>
/// <param name="Own">The path segments after the caller's user; <see langword="null"/> where the URI is not the caller's.</param>
internal sealed record VikingUri(string Text, string[]? Own)
{
    /// <summary>The longest URI, in characters.</summary>
    public const int MaxLength = 4_096;

    private const string Scheme = "viking://";

    /// <summary>The URI of the query parameter <c>uri</c>.</summary>
    /// <exception cref="ApiException">The parameter is absent, or is no such URI.</exception>
    public static VikingUri Of(HttpContext http, Caller caller)
    {
        string text = Query.Text(http, "uri", MaxLength)?.Trim() ?? "";
        if (text.Length == 0)
        {
            throw ApiException.Invalid(Location.Query("uri"), "is required.", "missing");
        }

        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw ApiException.Invalid(Location.Query("uri"), $"must begin with {Scheme}.");
        }

        // As OpenViking reads it: a question mark ends the path, and two slashes are one.
        string[] path = text[Scheme.Length..].Split('?', 2)[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path is ["~", .. string[] rest])
        {
            path = ["user", caller.User, .. rest];
            text = Scheme + string.Join('/', path);
        }

        return new VikingUri(text, path is ["user", { } user, .. string[] own] && user == caller.User ? own : null);
    }
}
