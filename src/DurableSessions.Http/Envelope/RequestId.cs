using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Envelope;

/// <summary>The id of a request in logs: the client's, or a new one.</summary>
internal static partial class RequestId
{
    public const string Header = "X-Request-ID";

    /// <summary>The id, and whether the header is valid or absent. Where it is not valid, the id is a new one.</summary>
    public static (string Id, bool IsValid) Of(HttpRequest request)
    {
        StringValues values = request.Headers[Header];
        return values is [{ } value] && Pattern().IsMatch(value)
            ? (value, true)
            : (Guid.NewGuid().ToString(), values.Count == 0);
    }

    [GeneratedRegex("^[A-Za-z0-9._:-]{1,128}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
