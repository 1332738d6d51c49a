using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace DurableSessions.Ui;

/// <summary>The style sheet and the script: resources of this assembly.</summary>
internal static class Assets
{
    /// <summary>What a browser keeps: the address has the content's hash.</summary>
    private const string ForEver = "public, max-age=31536000, immutable";

    private static readonly Dictionary<string, Asset> s_all = new(StringComparer.Ordinal)
    {
        ["ui.css"] = Load("ui.css", "text/css; charset=utf-8"),
        ["ui.js"] = Load("ui.js", "text/javascript; charset=utf-8"),
    };

    /// <summary>The address of one.</summary>
    public static string Link(string name) => $"{UiPaths.Root}/assets/{name}?v={s_all[name].Hash}";

    /// <summary>Answers with one; 404 where there is none of this name.</summary>
    public static IResult Send(HttpContext http, string name)
    {
        if (!s_all.TryGetValue(name, out Asset? asset))
        {
            return Results.StatusCode(StatusCodes.Status404NotFound);
        }

        http.Response.Headers.CacheControl = http.Request.Query["v"] == asset.Hash ? ForEver : "no-cache";
        return Results.Bytes(asset.Content, asset.Type, entityTag: new EntityTagHeaderValue($"\"{asset.Hash}\""));
    }

    private static Asset Load(string name, string type)
    {
        using Stream stream = typeof(Assets).Assembly.GetManifestResourceStream(name)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Asset(content, type, Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
    }

    private sealed record Asset(byte[] Content, string Type, string Hash);
}
