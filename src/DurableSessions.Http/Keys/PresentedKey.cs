using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Keys;

/// <summary>The key that a request presents.</summary>
internal static class PresentedKey
{
    private const string Bearer = "Bearer ";

    /// <summary><c>X-API-Key</c>, else <c>Authorization: Bearer</c>; <see langword="null"/> for neither.</summary>
    public static string? Of(HttpRequest request)
    {
        string key = request.Headers["X-API-Key"].ToString().Trim();
        if (key.Length > 0)
        {
            return key;
        }

        string authorization = request.Headers.Authorization.ToString();
        string token = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? authorization[Bearer.Length..].Trim() : "";
        return token.Length > 0 ? token : null;
    }
}
