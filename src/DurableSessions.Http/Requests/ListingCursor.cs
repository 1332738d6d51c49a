using System.Buffers.Text;
using System.Text;
using Azure;
using DurableSessions.Http.Endpoints;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Where a listing of storage goes on: the marker that storage gave, which clients send back as the query's <c>cursor</c>.
/// </summary>
internal static class ListingCursor
{
    private const int MaxLength = 4096;

    /// <summary>Reads the page that a request asks for, and names the next one in the answer's header.</summary>
    /// <exception cref="ApiException">Storage did not give the cursor.</exception>
    public static async Task<T> ContinueAsync<T>(HttpContext http, Func<string?, Task<T>> read, Func<T, string?> next)
    {
        string? cursor = Find(http);
        T page;
        try
        {
            page = await read(cursor);
        }
        catch (RequestFailedException e) when (e.Status == StatusCodes.Status400BadRequest && cursor is not null)
        {
            throw Invalid();
        }

        if (next(page) is { } marker)
        {
            http.Response.Headers[SessionEndpoints.NextCursorHeader] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(marker));
        }

        return page;
    }

    private static string? Find(HttpContext http)
    {
        if (Query.Text(http, "cursor", MaxLength) is not { } cursor)
        {
            return null;
        }

        try
        {
            string decoded = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(cursor));

            // Storage sends the cursor back in XML, which cannot contain control characters.
            return decoded.Any(char.IsControl) ? throw Invalid() : decoded;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw Invalid();
        }
    }

    private static ApiException Invalid() => ApiException.Invalid(
        Location.Query("cursor"), $"must be the {SessionEndpoints.NextCursorHeader} of the page before.");
}
