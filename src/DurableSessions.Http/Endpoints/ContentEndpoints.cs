using DurableSessions.Core;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>Reads text by its URI: the memory changes of commits.</summary>
internal static class ContentEndpoints
{
    public static void MapContent(this IEndpointRouteBuilder content) => content.MapGet("/read", ReadAsync).WithWeight(5);

    private static async Task<IResult> ReadAsync(HttpContext http, Caller caller, SessionStore store)
    {
        var uri = VikingUri.Of(http, caller);
        int offset = Query.Integer(http, "offset", 0, int.MaxValue, otherwise: 0);
        int limit = Query.Integer(http, "limit", -1, int.MaxValue, otherwise: -1);

        // The text is the same, raw or not.
        Query.Boolean(http, "raw");
        string text = await FindAsync(caller, uri, store, http.RequestAborted)
            ?? throw new ApiException(ApiError.NotFound($"File not found: {uri.Text}", "file", uri.Text));
        return new EnvelopeResult(json => json.WriteStringValue(Lines(text, offset, limit)));
    }

    // Null: not found. So are another user's content and a session that was deleted.
    private static async Task<string?> FindAsync(Caller caller, VikingUri uri, SessionStore store, CancellationToken cancellationToken)
    {
        if (uri.Own is not ["sessions", { } session, "history", { } archive, Wire.MemoryDiffFile]
            || !SessionKey.IsValidId(session) || Wire.ArchiveNumber(archive) is not { } number)
        {
            return null;
        }

        SessionKey key = caller.Session(session);
        try
        {
            return await store.Memories.FindDiffAsync(key, number, cancellationToken) is { } diff
                ? MemoryDiffFile.Write(key, number, diff)
                : null;
        }
        catch (SessionNotFoundException)
        {
            return null;
        }
    }

    // Lines with their line ends; limit -1: all that follow.
    private static string Lines(string text, int offset, int limit)
    {
        string[] lines = text.Split('\n');
        int start = Math.Min(offset, lines.Length);
        int end = limit < 0 ? lines.Length : start + Math.Min(limit, lines.Length - start);
        return start == end ? "" : string.Join('\n', lines[start..end]) + (end < lines.Length ? "\n" : "");
    }
}
