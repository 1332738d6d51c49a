using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Keys;

/// <summary>The key that a request presents.</summary>
internal static class PresentedKey
{
    private const string ApiKey = "X-API-Key";
    private const string Bearer = "Bearer ";

    /// <summary><c>X-API-Key</c>, else <c>Authorization: Bearer</c>; <see langword="null"/> for neither.</summary>
    public static string? Of(HttpRequest request)
    {
        string key = request.Headers[ApiKey].ToString().Trim();
        if (key.Length > 0)
        {
            return key;
        }

        string authorization = request.Headers.Authorization.ToString();
        string token = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : "";
        return token.Length > 0 ? token : null;
    }

    /// <summary>
    /// The header by which a request presents a credential of any kind, valid or not; <see langword="null"/> where it presents none. An
    /// empty value counts as absent: clients send it where their setting is empty.
    /// </summary>
    public static string? HeaderOf(HttpRequest request)
    {
        if (!string.IsNullOrWhiteSpace(request.Headers[ApiKey]))
        {
            return ApiKey;
        }

        string authorization = request.Headers.Authorization.ToString().Trim();
        return authorization.Length > 0 && !authorization.Equals(Bearer.Trim(), StringComparison.OrdinalIgnoreCase)
            ? "Authorization"
            : null;
    }
}
