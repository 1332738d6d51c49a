using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Requests;

/// <summary>The URI of a resource: <c>viking://user/{user}/…</c>; <c>viking://~/…</c> is the caller's.</summary>
/// <param name="Text">The full URI, with the caller's user in the place of <c>~</c>, and no slash at its end.</param>
/// <param name="Path">Its path segments.</param>
/// <param name="Caller">Who asks.</param>
internal sealed record VikingUri(string Text, string[] Path, Caller Caller)
{
    /// <summary>The longest URI, in characters.</summary>
    public const int MaxLength = 4_096;

    private const string Scheme = "viking://";
    private const string Users = "user";
    private const string Experiences = $"/memories/{Wire.Experiences}/";

    private static readonly string s_cases = $"/memories/{Wire.Category(MemoryCategory.Cases)}/";

    /// <summary>The path segments after the caller's user; <see langword="null"/> where the URI is not the caller's.</summary>
    public string[]? Own => Path is [Users, { } user, .. string[] own] && user == Caller.User ? own : null;

    /// <summary>Whether it leads to another user.</summary>
    public bool IsForeign => Path is [Users, { } user, ..] && user != Caller.User;

    /// <summary>Whether the client has named the cases <see cref="Wire.Experiences"/>.</summary>
    public bool NamesExperiences { get; private init; }

    /// <summary>Whether the caller's own places are below it.</summary>
    public bool IsAboveOwn => Path is [] or [Users];

    /// <summary>The URI of the query parameter <c>uri</c>.</summary>
    /// <exception cref="ApiException">The parameter is absent, or is no such URI.</exception>
    public static VikingUri Of(HttpContext http, Caller caller) =>
        Parse(Query.Text(http, "uri", MaxLength) ?? "", caller, Location.Query("uri"));

    /// <summary>The URI of a field.</summary>
    /// <exception cref="ApiException">It is no text, or no such URI.</exception>
    public static VikingUri Of(JsonField field, Caller caller) => Parse(field.Text(), caller, field.At);

    /// <summary>Whether another URI is this one, or below it.</summary>
    public bool Holds(string uri) =>
        uri.StartsWith(Text, StringComparison.Ordinal) && (uri.Length == Text.Length || uri[Text.Length] == '/' || Path.Length == 0);

    /// <summary>
    /// The URI of something below this one, by the name that the client has given the folder: a plugin that looks for experiences takes
    /// no hit that is not below their folder.
    /// </summary>
    public string AsAsked(string uri) => NamesExperiences ? uri.Replace(s_cases, Experiences, StringComparison.Ordinal) : uri;

    /// <summary>404: there is no such file, or it is another user's.</summary>
    public ApiException FileNotFound() => new(ApiError.NotFound($"File not found: {Text}", "file", Text));

    /// <summary>404: there is no such folder, or it is another user's.</summary>
    public ApiException FolderNotFound() => new(ApiError.NotFound($"Directory not found: {Text}", "directory", Text));

    private static VikingUri Parse(string text, Caller caller, Location at)
    {
        text = text.Trim();
        if (text.Length == 0)
        {
            throw ApiException.Invalid(at, "is required.", "missing");
        }

        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || text.Length > MaxLength)
        {
            throw ApiException.Invalid(at, $"must begin with {Scheme}, and have at most {MaxLength} characters.");
        }

        // As OpenViking reads it: a question mark ends the path, and two slashes are one.
        string[] path = text[Scheme.Length..].Split('?', 2)[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (path is ["~", .. string[] rest])
        {
            path = [Users, caller.User, .. rest];
        }

        // Cases by OpenViking's name are the same ones.
        int folder = path is [Users, _, "peers", _, ..] ? 4 : 2;
        bool namesExperiences =
            path.Length > folder + 1 && path[0] == Users && path[folder] == "memories" && path[folder + 1] == Wire.Experiences;
        if (namesExperiences)
        {
            path[folder + 1] = Wire.Category(MemoryCategory.Cases);
        }

        return new VikingUri(Scheme + string.Join('/', path), path, caller) { NamesExperiences = namesExperiences };
    }
}
