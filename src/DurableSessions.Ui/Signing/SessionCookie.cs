using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Ui.Signing;

/// <summary>
/// The cookie that holds a browser's key while the browser runs. Its path is that of the pages, so that a browser sends it nowhere else;
/// only under that path is it read.
/// </summary>
internal static class SessionCookie
{
    private const string Plain = "durable_sessions_key";
    private const string Secure = "__Secure-" + Plain;
    private const string KeyHeader = "X-API-Key";

    /// <summary>The name by which a browser keeps it: over https it takes no cookie of that name that came over http.</summary>
    public static string Name(HttpRequest request) => request.IsHttps ? Secure : Plain;

    /// <summary>Gives a request that presents no key the key of its cookie.</summary>
    public static void HandOver(HttpRequest request)
    {
        if (PresentedKey.HeaderOf(request) is null && request.Cookies[Name(request)] is { Length: > 0 } key)
        {
            Present(request, key);
        }
    }

    /// <summary>Gives a request a key, as though its client had sent it.</summary>
    public static void Present(HttpRequest request, string key) => request.Headers[KeyHeader] = key;

    public static void Set(HttpContext http, string key) => http.Response.Cookies.Append(Name(http.Request), key, Options(http.Request));

    public static void Clear(HttpContext http) => http.Response.Cookies.Delete(Name(http.Request), Options(http.Request));

    private static CookieOptions Options(HttpRequest request) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = request.IsHttps,
        Path = request.PathBase + UiPaths.Root,
        IsEssential = true,
    };
}
