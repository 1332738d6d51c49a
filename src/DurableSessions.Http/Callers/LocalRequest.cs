using System.Net;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Callers;

/// <summary>
/// The requests that a server without keys answers: those of clients on its own machine. A browser runs pages of other sites on that
/// machine too, and a proxy brings in requests of other machines; those are refused.
/// </summary>
internal static class LocalRequest
{
    private const string MakeKey = "make a key with the server's command 'keys add'";

    /// <summary>
    /// What a proxy adds. ASP.NET Core renames the headers that it applies (<c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c>) to
    /// <c>X-Original-*</c>.
    /// </summary>
    private static readonly string[] ProxyHeaders =
    [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
        "X-Original-For", "X-Original-Host", "X-Original-Proto",
    ];

    /// <summary>Why a server without keys does not answer this request; <see langword="null"/> where it does. Reads no body.</summary>
    public static ApiError? Refusal(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host))
        {
            return ApiError.PermissionDenied(
                Location.Header("Host"),
                $"a server without keys is localhost, 127.0.0.1 or [::1]; to reach it under another name, {MakeKey}.",
                RefusalReason.ForeignHost);
        }

        if (BrowserOrigin.ForeignHeader(request) is { } foreign)
        {
            return ApiError.PermissionDenied(
                Location.Header(foreign), "a server without keys answers no page of another site.", RefusalReason.ForeignPage);
        }

        if (ProxyHeaders.FirstOrDefault(request.Headers.ContainsKey) is { } proxy)
        {
            return ApiError.PermissionDenied(
                Location.Header(proxy), $"a server without keys answers no request that a proxy has forwarded; {MakeKey}.",
                RefusalReason.Forwarded);
        }

        // 401, as for a wrong key: plugins keep the turns that are refused so, and send them again.
        return PresentedKey.HeaderOf(request) is { } credential
            ? ApiError.Unauthenticated(
                $"{Location.Header(credential)}: this server has no keys, so that every local client may do everything; "
                + $"{MakeKey}, or send none.",
                RefusalReason.KeyWithoutKeys)
            : null;
    }

    // A name that a page's owner has pointed at this machine is a name; only the machine's own addresses are written as such.
    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host == "[::1]"
        || (IPAddress.TryParse(host, out IPAddress? ip) && ip.ToString() == host && IPAddress.IsLoopback(ip));
}
