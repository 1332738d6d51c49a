using System.Text;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>
/// The URIs of resources. One is the caller's where its path begins with the caller's user and only there; what is read out of it has no
/// slash, no query and no empty segment; and the full URI, read again, is the same resource.
/// </summary>
internal static class UriTarget
{
    private const string Scheme = "viking://";
    private static readonly Caller s_caller = new("acme", "ann");

    public static void Run(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        VikingUri uri;
        try
        {
            uri = Read(text);
        }
        catch (ApiException)
        {
            Expect.That(text.Length > VikingUri.MaxLength || !text.Trim().StartsWith(Scheme, StringComparison.Ordinal));
            return;
        }

        Expect.That(text.Length <= VikingUri.MaxLength && uri.Text.StartsWith(Scheme, StringComparison.Ordinal));
        string path = string.Join('/', text.Trim()[Scheme.Length..].Split('?')[0].Split('/').Where(static s => s.Length > 0)) + "/";
        Expect.Same(
            path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith($"user/{s_caller.User}/", StringComparison.Ordinal),
            uri.Own is not null);
        if (uri.Own is { } own)
        {
            Expect.That(own.All(static s => s.Length > 0 && !s.Contains('/', StringComparison.Ordinal)));
            Expect.That(!own.Any(static s => s.Contains('?', StringComparison.Ordinal)));
        }

        // White space around a URI is no part of it, but before a question mark it is.
        if (uri.Text.Length <= VikingUri.MaxLength && uri.Text == uri.Text.TrimEnd())
        {
            VikingUri again = Read(uri.Text);
            Expect.Same(uri.Text, again.Text);
            Expect.Same(Joined(uri.Own), Joined(again.Own));
        }
    }

    private static string? Joined(string[]? own) => own is null ? null : string.Join('/', own);

    private static VikingUri Read(string text)
    {
        var http = new DefaultHttpContext();
        http.Request.Query = new QueryCollection(new Dictionary<string, Microsoft.Extensions.Primitives.StringValues> { ["uri"] = text });
        return VikingUri.Of(http, s_caller);
    }
}
