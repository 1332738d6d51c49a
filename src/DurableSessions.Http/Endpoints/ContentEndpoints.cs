using DurableSessions.Core;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Files;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Reads texts by their URI: memories, archives, the memory changes of commits.</summary>
internal static class ContentEndpoints
{
    public static void MapContent(this IEndpointRouteBuilder content)
    {
        content.MapGet("/read", ReadAsync).WithWeight(6);
        content.MapGet("/abstract", AbstractAsync).WithWeight(6);
        content.MapGet("/overview", OverviewAsync).WithWeight(6);
    }

    /// <summary>The files of a request's caller.</summary>
    public static UserFiles Files(HttpContext http, Caller caller, SessionStore store) =>
        new(store, caller, RequestCost.Find(http), BodyLease.ForAnswer(http));

    private static async Task<IResult> ReadAsync(HttpContext http, Caller caller, SessionStore store)
    {
        var uri = VikingUri.Of(http, caller);
        int offset = Query.Integer(http, "offset", 0, int.MaxValue, otherwise: 0);
        int limit = Query.Integer(http, "limit", -1, int.MaxValue, otherwise: -1);

        // The text is the same, raw or not.
        Query.Boolean(http, "raw");
        string text = await FindAsync(http, uri, Files(http, caller, store).FindTextAsync, http.RequestAborted);
        return new EnvelopeResult(json => json.WriteStringValue(Lines(text, offset, limit)));
    }

    private static async Task<IResult> AbstractAsync(HttpContext http, Caller caller, SessionStore store)
    {
        string text = await FindAsync(http, VikingUri.Of(http, caller), Files(http, caller, store).FindAbstractAsync, http.RequestAborted);
        return new EnvelopeResult(json => json.WriteStringValue(text));
    }

    private static async Task<IResult> OverviewAsync(HttpContext http, Caller caller, SessionStore store)
    {
        string text = await FindAsync(http, VikingUri.Of(http, caller), Files(http, caller, store).FindOverviewAsync, http.RequestAborted);
        return new EnvelopeResult(json => json.WriteStringValue(text));
    }

    // Another user's content is not found either.
    private static async Task<string> FindAsync(
        HttpContext http, VikingUri uri, Func<UserPath, CancellationToken, Task<string?>> find, CancellationToken cancellationToken) =>
        (UserPath.Of(uri, ActorPeer.Find(http)) is { } path ? await find(path, cancellationToken) : null)
            ?? throw uri.FileNotFound();

    // Lines with their line ends; limit -1: all that follow.
    private static string Lines(string text, int offset, int limit)
    {
        if (offset == 0 && limit < 0)
        {
            return text;
        }

        int start = Skip(text, 0, offset);
        return limit < 0 ? text[start..] : text[start..Skip(text, start, limit)];
    }

    // Where so many lines behind a place end.
    private static int Skip(string text, int from, int lines)
    {
        for (; lines > 0 && from < text.Length; lines--)
        {
            int end = text.IndexOf('\n', from);
            from = end < 0 ? text.Length : end + 1;
        }

        return from;
    }
}
