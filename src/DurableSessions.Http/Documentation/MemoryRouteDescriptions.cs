namespace DurableSessions.Http.Documentation;

/// <summary>The descriptions of the memory routes.</summary>
internal static class MemoryRouteDescriptions
{
    private const string Memories = "memories";

    private const string Info =
        """
        "uri":"viking://user/default/memories/preferences/tea.md","category":"preferences","name":"tea","abstract":"green, no sugar",
        "etag":"\"0123456789abcdef0123456789abcdef\"","revision":2,"tokens":4,"updated_at":"2026-01-31T09:00:00.000000+00:00",
        "task_id":"c0123","session_id":"demo","sources":["owner"]
        """;

    private const string Fields =
        " sources: where the content may come from, any of owner, assistant, tool and peer; null where that was not recorded. task_id and "
        + "session_id: the commit that last changed it, and its session; null where the caller did.";

    private const string Diff =
        """
        {"session_id":"demo","archive_id":"archive_001","task_id":"c0123","applied_at":"2026-01-31T09:00:00.000000+00:00",
        "changes":[{"uri":"viking://user/default/memories/preferences/tea.md","category":"preferences","name":"tea","before":"green",
        "after":"green, no sugar","sources":["owner"]}],
        "memories_skipped":[{"reason":"it says so already","category":"events","name":"move"}]}
        """;

    private const string Peer = "\"project\"";

    /// <summary>By method and path, as in the OpenAPI document.</summary>
    public static IReadOnlyDictionary<string, RouteDescription> All { get; } = new Dictionary<string, RouteDescription>
    {
        ["GET /api/v1/memories"] = new(
            Memories,
            "List memories",
            "The caller's own memories, or with peer those of that peer, in the order of category and name. "
            + "X-Next-Cursor is the cursor of the next page."
            + Fields,
            $"[{{{Info}}}]")
        {
            Query = new Dictionary<string, string>
            {
                ["peer"] = Peer,
                ["category"] = "\"preferences\"",
                ["limit"] = "100",
                ["cursor"] = "\"preferences/tea\"",
            },
        },
        ["GET /api/v1/memories/search"] = new(
            Memories,
            "Search memories and archives",
            "By words, best hits first: the caller's memories, "
            + "and archives by what was said in them, by their abstracts and by their overviews." + Fields,
            $$"""[{"type":"memory","score":1.25,{{Info}}}]""")
        {
            Query = new Dictionary<string, string> { ["q"] = "\"tea\"", ["limit"] = "10", ["peer"] = Peer },
        },
        ["GET /api/v1/memories/{category}/{name}"] = new(
            Memories,
            "Read a memory",
            "With its ETag; 304 where If-None-Match contains it." + Fields,
            $$"""{{{Info}},"content":"green, no sugar"}""",
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["peer"] = Peer },
        },
        ["PUT /api/v1/memories/{category}/{name}"] = new(
            Memories,
            "Write a memory",
            "Replaces the content. If-Match with an ETag changes only that version, If-None-Match: * only creates. Its source "
            + "is the owner.",
            $"{{{Info}}}",
            ErrorCode.FailedPrecondition, ErrorCode.TooLarge)
        {
            Query = new Dictionary<string, string> { ["peer"] = Peer },
            Body = """{"content":"green, no sugar"}""",
        },
        ["DELETE /api/v1/memories/{category}/{name}"] = new(
            Memories,
            "Delete a memory",
            "If-Match with an ETag deletes only that version.",
            """{"uri":"viking://user/default/memories/preferences/tea.md"}""",
            ErrorCode.NotFound, ErrorCode.FailedPrecondition)
        {
            Query = new Dictionary<string, string> { ["peer"] = Peer },
        },
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}/memory_diff"] = new(
            Memories,
            "Read the memory changes of a commit",
            "Each memory that the commit changed, with its content before and after. sources: where the content after may come "
            + "from, any of owner, assistant, tool and peer; null where that was not recorded, and for a deletion.",
            Diff,
            ErrorCode.NotFound),
        ["POST /api/v1/sessions/{session_id}/archives/{archive_id}/memory_diff/undo"] = new(
            Memories,
            "Undo the memory changes of a commit",
            "Later changes stay, line by line. A second undo changes nothing. A repetition with the same Idempotency-Key returns the "
            + "first response, also after later writes.",
            Diff,
            ErrorCode.NotFound),
    };
}
