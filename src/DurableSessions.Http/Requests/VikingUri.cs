using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Requests;

/// <summary>The name of something that users have: <c>viking://user/{user}/…</c>, where <c>viking://~/…</c> is the caller.</summary>
/// <param name="Text">In full, with the caller's name in the place of <c>~</c>.</param>
/// <param name="Own">The way to it from the caller's home; <see langword="null"/>: it is not the caller's.</param>
internal sealed record VikingUri(string Text, string[]? Own)
{
    /// <summary>The longest that is read, in characters.</summary>
    public const int MaxLength = 4_096;

    private const string Scheme = "viking://";

    /// <summary>The one in the query, as <c>uri</c>.</summary>
    /// <exception cref="ApiException">There is none, or it is no such name.</exception>
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
