using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Files;
using DurableSessions.Http.Requests;

namespace DurableSessions.Http.Recall;

/// <summary>
/// Something of a caller's own that was found: a memory, an archive by its line, its overview or one of its messages, or a session by a
/// message that is not archived yet.
/// </summary>
/// <param name="Uri">Where it is read.</param>
/// <param name="Category">The memory's, or <see cref="Sessions"/>.</param>
/// <param name="Score">0 to 1.</param>
/// <param name="Abstract">One line; of an archive that was found by a message, or by its overview, with what that says.</param>
/// <param name="Memory">The memory, if it is one.</param>
/// <param name="Archive">The archive, if it is one.</param>
/// <param name="Live">The session, if it was found by a message that is not archived yet.</param>
/// <param name="Message">The message that fits best; <see langword="null"/>: none was looked at.</param>
/// <param name="OverviewSnippet">What the archive's overview says, where that fits best.</param>
internal sealed record Recollection(
    string Uri, string Category, double Score, string Abstract, MemoryInfo? Memory, ArchiveHit? Archive, LiveHit? Live, MessageHit? Message,
    string? OverviewSnippet)
{
    /// <summary>The category of an archive, and of a session.</summary>
    public const string Sessions = "sessions";

    /// <summary>The best of what fits, the best first.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="query">The question.</param>
    /// <param name="targets">
    /// Only what is at one of these, or below it, and by its name for that; empty: anything.
    /// </param>
    /// <param name="filter">What may be found.</param>
    /// <param name="where">What of that is wanted; <see langword="null"/>: all.</param>
    /// <param name="limit">1 to <see cref="MemorySearch.MaxHits"/>.</param>
    /// <param name="minScore">The least score.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<IReadOnlyList<Recollection>> FindAsync(
        SessionStore store, Caller caller, string query, IReadOnlyList<VikingUri> targets, SearchFilter filter,
        Predicate<SearchHit>? where, int limit, double minScore, CancellationToken cancellationToken)
    {
        bool IsWanted(SearchHit hit) =>
            hit.Score >= minScore && where?.Invoke(hit) != false
            && (targets.Count == 0 || (UriOf(caller, hit) is var uri && targets.Any(t => t.Holds(uri))));
        IReadOnlyList<SearchHit> hits = await store.MemorySearch.SearchAsync(
            caller.Owner, query, limit, filter, IsWanted, cancellationToken);
        return [.. hits.Select(h => Of(AsAsked(UriOf(caller, h)), h))];

        string AsAsked(string uri) => targets.FirstOrDefault(t => t.Holds(uri))?.AsAsked(uri) ?? uri;
    }

    private static Recollection Of(string uri, SearchHit hit) => new(
        uri,
        hit.Memory is { } memory ? Wire.Category(memory.Category) : Sessions,
        Math.Round(hit.Score, 4),
        hit.Memory?.Abstract ?? LineOf(hit.Archive?.Abstract ?? "", hit),
        hit.Memory,
        hit.Archive,
        hit.Live,
        hit.Message,
        hit.OverviewSnippet);

    /// <summary>
    /// What it was sent as, so that it is not sent again soon: a session, of which the messages are not archived yet, with the message.
    /// </summary>
    public string SentAs => Live is null ? Uri : $"{Uri}#{Message?.Id}";

    /// <summary>
    /// Writes the session, the archive (none where the message is not archived yet), and the message or what of the overview it was found
    /// by.
    /// </summary>
    public static void WriteSource(
        Utf8JsonWriter json, ArchiveHit? archive, LiveHit? live, MessageHit? message, string? overviewSnippet)
    {
        json.WriteString("session_id", (archive?.Session ?? live!.Session).Id);
        json.WriteString("archive_id", archive is null ? null : Wire.ArchiveId(archive.Number));
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

        if (archive is not null && overviewSnippet is not null)
        {
            json.WriteStartObject("overview");
            json.WriteString("uri", $"{Wire.ArchiveUri(archive.Session, archive.Number)}/{UserPath.OverviewFile}");
            json.WriteString("snippet", overviewSnippet);
            json.WriteEndObject();
        }
    }

    // The abstract says what the archive is about, and the message, or the overview, what was asked for.
    private static string LineOf(string line, SearchHit hit)
    {
        string? quote = hit.OverviewSnippet?.Trim()
            ?? (hit.Message is { Snippet: not "" } message
                ? $"[{message.CreatedAt}] {message.Role}: {message.Snippet.ReplaceLineEndings(" ").Trim()}"
                : null);
        if (quote is null)
        {
            return line;
        }

        return line.Length == 0 ? quote : $"{line} | {quote}";
    }

    private static string UriOf(Caller caller, SearchHit hit) => hit.Memory is { } memory
        ? Wire.MemoryUri(caller.User, memory.Key)
        : hit.Archive is { } archive ? Wire.ArchiveUri(archive.Session, archive.Number)
        : Wire.SessionUri(hit.Live!.Session);
}
