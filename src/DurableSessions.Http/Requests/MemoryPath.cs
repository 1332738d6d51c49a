using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Requests;

/// <summary>Reads categories and names of memories from paths and queries.</summary>
internal static class MemoryPath
{
    private static readonly MemoryCategory[] All = Enum.GetValues<MemoryCategory>();

    /// <summary>The memory of a path, and of the query's peer.</summary>
    public static MemoryKey Key(HttpContext http, string category, string name) => new(
        Category(category, Location.Path("category")), Ids.Check(name, Location.Path("name")), Peer(http));

    /// <summary>The peer of the query; <see langword="null"/>: none is named, and the user's own memories are meant.</summary>
    public static string? Peer(HttpContext http) => Query.Text(http, "peer", int.MaxValue) switch
    {
        null => null,
        { } peer when MemoryPeer.IsValid(peer) => peer,
        _ => throw ApiException.Invalid(Location.Query("peer"), ActorPeer.Rule, "id_format"),
    };

    public static MemoryCategory Category(string text, Location location) => Wire.FindCategory(text)
        ?? throw ApiException.Invalid(location, $"must be one of {string.Join(", ", All.Select(Wire.Category))}.", "literal_error");

    /// <summary>Where a listing continues: <c>category/name</c>, the cursor of the page before.</summary>
    public static (MemoryCategory Category, string Name)? Cursor(HttpContext http)
    {
        if (Query.Text(http, "cursor", 2 * SessionKey.MaxIdLength) is not { } cursor)
        {
            return null;
        }

        string[] parts = cursor.Split('/');
        return parts is [var category, var name] && Array.Exists(All, c => Wire.Category(c) == category) && MemoryName.IsValid(name)
            ? (Category(category, Location.Query("cursor")), name)
            : throw ApiException.Invalid(Location.Query("cursor"), "must be the X-Next-Cursor of the page before.");
    }
}
