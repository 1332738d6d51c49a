using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>Something of a caller's own that was found: a memory, or an archive by its line or by one of its messages.</summary>
/// <param name="Uri">Where it is read.</param>
/// <param name="Category">The memory's, or <see cref="Sessions"/>.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Abstract">One line; of an archive that was found by a message, with what that says.</param>
/// <param name="Memory">The memory; <see langword="null"/>: it is an archive.</param>
/// <param name="Archive">The archive; <see langword="null"/>: it is a memory.</param>
/// <param name="Message">The archive's message that fits best; <see langword="null"/>: none was looked at.</param>
internal sealed record Recollection(
    string Uri, string Category, double Score, string Abstract, MemoryInfo? Memory, ArchiveHit? Archive, MessageHit? Message)
{
    /// <summary>The category of an archive.</summary>
    public const string Sessions = "sessions";

    /// <summary>The best of what fits, the best first.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="query">The question.</param>
    /// <param name="targets">Only what is at one of these, or below it; empty: anything.</param>
    /// <param name="limit">1 to <see cref="MemorySearch.MaxHits"/>.</param>
    /// <param name="minScore">The least score.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<IReadOnlyList<Recollection>> FindAsync(
        SessionStore store, Caller caller, string query, IReadOnlyList<VikingUri> targets, int limit, double minScore,
        CancellationToken cancellationToken)
    {
        Predicate<SearchHit>? where = targets.Count == 0
            ? null
            : hit => UriOf(caller, hit) is var uri && targets.Any(t => t.Holds(uri));
        IReadOnlyList<SearchHit> hits = await store.MemorySearch.SearchAsync(caller.Owner, query, limit, where, cancellationToken);
        return [.. hits.TakeWhile(h => h.Score >= minScore).Select(h => Of(caller, h))];
    }

    private static Recollection Of(Caller caller, SearchHit hit) => new(
        UriOf(caller, hit),
        hit.Memory is { } memory ? Wire.Category(memory.Category) : Sessions,
        Math.Round(hit.Score, 4),
        hit.Memory?.Abstract ?? LineOf(hit.Archive!, hit.Message),
        hit.Memory,
        hit.Archive,
        hit.Message);

    /// <summary>Writes the archive, and the message it was found by.</summary>
    public static void WriteSource(Utf8JsonWriter json, ArchiveHit archive, MessageHit? message)
    {
        json.WriteString("session_id", archive.Session.Id);
        json.WriteString("archive_id", Wire.ArchiveId(archive.Number));
        if (message is not null)
        {
            json.WriteStartObject("message");
            json.WriteString("id", message.Id);
            json.WriteString("role", message.Role);
            json.WriteString("peer_id", message.Peer);
            json.WriteString("created_at", message.CreatedAt);
            json.WriteString("snippet", message.Snippet);
            json.WriteEndObject();
        }
    }

    // The abstract says what the archive is about, and the message what was asked for.
    private static string LineOf(ArchiveHit archive, MessageHit? message)
    {
        if (message is null or { Snippet: "" })
        {
            return archive.Abstract;
        }

        string quote = $"[{message.CreatedAt}] {message.Role}: {message.Snippet.ReplaceLineEndings(" ").Trim()}";
        return archive.Abstract.Length == 0 ? quote : $"{archive.Abstract} | {quote}";
    }

    private static string UriOf(Caller caller, SearchHit hit) => hit.Memory is { } memory
        ? Wire.MemoryUri(caller.User, memory.Category, memory.Name)
        : Wire.ArchiveUri(hit.Archive!.Session, hit.Archive.Number);
}
