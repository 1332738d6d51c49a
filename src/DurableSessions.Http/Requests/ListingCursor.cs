using System.Buffers.Text;
using System.Text;
using Azure;
using DurableSessions.Core.Sessions;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Requests;

/// <summary>
/// Where a listing of storage goes on: the marker that storage gave, which clients send back as the query's <c>cursor</c>.
/// </summary>
internal static class ListingCursor
{
    /// <summary>The header that names where the next page begins.</summary>
    public const string NextHeader = "X-Next-Cursor";

    private const int MaxLength = 4096;

    // A listing of 100 with metadata costs storage more than a small read does.
    private const int ListedAtOnce = 100;

    /// <summary>The weight of a page of sessions.</summary>
    /// <param name="query">The query, whose <c>limit</c> says how many.</param>
    /// <param name="otherwise">How many, where it does not.</param>
    public static int Weight(IQueryCollection query, int otherwise) =>
        1 + (query.Number("limit", SessionService.MaxPage, otherwise) / ListedAtOnce);

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
            http.Response.Headers[NextHeader] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(marker));
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
        Location.Query("cursor"), $"must be the {NextHeader} of the page before.");
}
