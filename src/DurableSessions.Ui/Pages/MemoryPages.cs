using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Ui.Pages;

/// <summary>A page of a user's memories.</summary>
/// <param name="Category">Only those of it; <see langword="null"/>: all.</param>
/// <param name="Peer">Those of this peer; <see langword="null"/>: the user's own.</param>
/// <param name="Items">In the order of category and name.</param>
/// <param name="HasMore">Whether there are more.</param>
public sealed record MemoryList(MemoryCategory? Category, string? Peer, IReadOnlyList<MemoryInfo> Items, bool HasMore);

/// <summary>A user's memories.</summary>
public static class MemoryPages
{
    private const int ListedAtOnce = 100;

    /// <summary>The path of a memory, from <c>/memories/</c> on.</summary>
    /// <param name="memory">The memory.</param>
    public static string Path(MemoryKey memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        return $"{Wire.Category(memory.Category)}/{Uri.EscapeDataString(memory.Name)}";
    }

    internal static void MapMemoryPages(this IEndpointRouteBuilder ui)
    {
        ui.MapGet("/memories", ListAsync).WithWeight(1);
        ui.MapGet("/memories/{category}/{name}", GetAsync).WithWeight(2);
    }

    private static async Task<IResult> ListAsync(HttpContext http, Caller caller, SessionStore store)
    {
        MemoryCategory? category = Query.Text(http, "category", SessionKey.MaxIdLength) is { } text
            ? MemoryPath.Category(text, Location.Query("category"))
            : null;
        string? peer = MemoryPath.Peer(http);
        MemoryPage page = await store.Memories.ListAsync(
            caller.Owner, peer, category, ListedAtOnce, MemoryPath.Cursor(http), http.RequestAborted);
        return http.Page<MemoriesPage>(caller, new MemoryList(category, peer, page.Items, page.HasMore));
    }

    private static async Task<IResult> GetAsync(HttpContext http, Caller caller, SessionStore store, string category, string name) =>
        http.Page<OneMemoryPage>(
            caller, await store.Memories.GetAsync(caller.Owner, MemoryPath.Key(http, category, name), http.RequestAborted));
}
