namespace DurableSessions.Http.Tests.BadInput;

/// <summary>
/// Requests with the headers that Chromium sends: to a loopback address with <c>Sec-Fetch-*</c>, to any other name over plain HTTP without.
/// </summary>
internal static class BrowserRequest
{
    public const string Elsewhere = "https://elsewhere.example";

    private const string Always =
        "Connection: close\r\n"
        + "sec-ch-ua-platform: \"Linux\"\r\n"
        + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36\r\n"
        + "sec-ch-ua: \"Chromium\";v=\"143\", \"Not A(Brand\";v=\"24\"\r\n"
        + "sec-ch-ua-mobile: ?0\r\n"
        + "Accept-Encoding: gzip, deflate, br, zstd\r\n"
        + "Accept-Language: en-US,en;q=0.9\r\n";

    /// <summary><c>&lt;img src=…&gt;</c> on a page of another site.</summary>
    public static string Image(string host, string path) =>
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{Always}Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8\r\n"
        + $"Referer: {Elsewhere}/\r\n{Fetch("cross-site", "no-cors", "image")}\r\n";

    /// <summary><c>fetch(…, {method: 'POST', mode: 'no-cors'})</c>, without a body, on a page of <paramref name="origin"/>.</summary>
    public static string Post(string host, string path, string origin = Elsewhere, string site = "cross-site", string mode = "no-cors") =>
        $"POST {path} HTTP/1.1\r\nHost: {host}\r\n{Always}Accept: */*\r\nContent-Length: 0\r\nOrigin: {origin}\r\n"
        + $"{Fetch(site, mode, "empty")}\r\n";

    /// <summary><c>fetch(…)</c> on a page of another origin, which asks to read the answer.</summary>
    public static string Get(string host, string path, string origin, string site) =>
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{Always}Accept: */*\r\nOrigin: {origin}\r\n{Fetch(site, "cors", "empty")}\r\n";

    /// <summary>The address bar, or a link on a page of another site.</summary>
    public static string Navigate(string host, string path, string site) =>
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{Always}Upgrade-Insecure-Requests: 1\r\nAccept: text/html,*/*;q=0.8\r\n"
        + $"{Fetch(site, "navigate", "document")}Sec-Fetch-User: ?1\r\n\r\n";

    /// <summary><c>fetch(…)</c> on a page whose name has been pointed at this machine: to the browser the same origin.</summary>
    public static string Rebound(string host, string path) =>
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{Always}Accept: */*\r\nReferer: http://{host}/\r\n\r\n";

    /// <summary><c>fetch(…)</c> on a page of the server itself, such as that of the documentation.</summary>
    public static string OwnGet(string host, string path) =>
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\n{Always}Accept: */*\r\nReferer: http://{host}/docs/\r\n"
        + $"{Fetch("same-origin", "cors", "empty")}\r\n";

    private static string Fetch(string site, string mode, string destination) =>
        $"Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: {destination}\r\n";
}
