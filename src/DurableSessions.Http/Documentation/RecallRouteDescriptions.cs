namespace DurableSessions.Http.Documentation;

/// <summary>The descriptions of the routes by which plugins read and search what is stored by its URI.</summary>
internal static class RecallRouteDescriptions
{
    private const string Recall = "recall";

    private const string DiffFile =
        "\""
        + """{\n    \"archive_uri\": \"viking://user/default/sessions/demo/history/archive_001\",\n    \"trace_id\": null,\n"""
        + """    \"extracted_at\": \"2026-01-31T09:00:00.000000Z\",\n    \"operations\": {\n        \"adds\": [],\n"""
        + """        \"updates\": [\n            {\n"""
        + """                \"uri\": \"viking://user/default/memories/preferences/tea.md\",\n"""
        + """                \"memory_type\": \"preferences\",\n                \"before\": \"green\",\n"""
        + """                \"after\": \"green, no sugar\"\n            }\n        ],\n        \"deletes\": []\n    },\n"""
        + """    \"summary\": {\n        \"total_adds\": 0,\n        \"total_updates\": 1,\n        \"total_deletes\": 0\n"""
        + """    }\n}"""
        + "\"";

    private const string Uris =
        " viking://~ is the caller: memories/{category}/{name}.md, memories/profile.md (all of the profile), "
        + "sessions/{id}/history/archive_001, and in an archive .abstract.md, .overview.md, messages.jsonl and "
        + "memory_diff.json. What is another user's is not found.";

    private const string MemoryUri = "\"viking://user/default/memories/preferences/tea.md\"";
    private const string ArchiveUri = "\"viking://user/default/sessions/demo/history/archive_001\"";

    private const string Context =
        """
        {"entries":[{"uri":"viking://user/default/memories/preferences/tea.md","category":"preferences","score":0.62,"detail":"full",
        "text":"green, no sugar"}],
        "rendered":"<memory uri=\"viking://user/default/memories/preferences/tea.md\" …>\ngreen, no sugar\n</memory>",
        "digest":"","stats":{"used_tokens":4,"rewrite":"off"}}
        """;

    private const string Hits =
        """
        {"memories":[{"uri":"viking://user/default/memories/preferences/tea.md","level":2,"score":0.62,"category":"preferences",
        "abstract":"green, no sugar","context_type":"memory"},
        {"uri":"viking://user/default/sessions/demo","level":2,"score":0.51,"category":"sessions",
        "abstract":"[2026-01-31T09:00:00Z] user: Which tea was it?","context_type":"memory","session_id":"demo","archive_id":null,
        "message":{"id":"msg_0123456789abcdef0123456789abcdef","role":"user","peer_id":null,"created_at":"2026-01-31T09:00:00Z",
        "snippet":"Which tea was it?"}}],"resources":[],"skills":[],"total":2}
        """;

    /// <summary>By method and path, as in the OpenAPI document.</summary>
    public static IReadOnlyDictionary<string, RouteDescription> All { get; } = new Dictionary<string, RouteDescription>
    {
        ["GET /api/v1/content/read"] = new(
            Recall, "Read a text",
            "A memory; an archive as its overview and its conversation; a file of an archive, such as memory_diff.json: each memory that "
            + "its commit changed, under adds, updates or deletes. offset and limit count lines; -1 is all. An archive of more than 8 MiB "
            + "of messages is an error, which names the route to read it by. A session as an agent reads it: the overview, and what none "
            + "covers." + Uris,
            DiffFile, ErrorCode.NotFound, ErrorCode.TooLarge)
        {
            Query = new Dictionary<string, string>
            {
                ["uri"] = "\"viking://user/default/sessions/demo/history/archive_001/memory_diff.json\"",
                ["offset"] = "0",
                ["limit"] = "-1",
                ["raw"] = "false",
            },
        },
        ["GET /api/v1/content/abstract"] = new(
            Recall, "Read one line", "The line that stands for a memory, an archive, or a session's newest archive." + Uris,
            "\"green, no sugar\"", ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["uri"] = MemoryUri },
        },
        ["GET /api/v1/content/overview"] = new(
            Recall, "Read an overview", "Of an archive, or of a session's newest archive." + Uris,
            "\"# Overview\"", ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["uri"] = ArchiveUri },
        },
        ["GET /api/v1/fs/ls"] = new(
            Recall, "List a folder",
            "Of memories, sessions or archives; archives are listed newest first. recursive goes down, but not from the list of all "
            + "sessions into each. At most node_limit entries, and 10,000; X-Truncated says that there are more. With output=original "
            + "the abstracts, cut to abs_limit characters, are left out; with simple=true there is the rel_path of each alone. limit is "
            + "another name of node_limit. A place that no user has, such as viking://resources, is empty." + Uris,
            """
            [{"name":"tea.md","rel_path":"tea.md","uri":"viking://user/default/memories/preferences/tea.md","isDir":false,
            "modTime":"2026-01-31T09:00:00.000000+00:00","abstract":"green, no sugar"}]
            """,
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string>
            {
                ["uri"] = "\"viking://~/memories/preferences\"",
                ["recursive"] = "false",
                ["simple"] = "false",
                ["output"] = "\"agent\"",
                ["node_limit"] = "1000",
                ["abs_limit"] = "256",
            },
        },
        ["DELETE /api/v1/fs"] = new(
            Recall, "Delete a memory by its URI", "One memory, and nothing else." + Uris,
            $$"""{"uri":{{MemoryUri}},"estimated_deleted_count":1}""", ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["uri"] = MemoryUri, ["recursive"] = "false" },
        },
        ["POST /api/v1/search/find"] = new(
            Recall, "Find memories and what was said",
            "By the words of a question, the best first. target_uri, one or a list, narrows it to what is below. Scores are 0 to 1: what "
            + "has the only word of a question has 0.4 at least. What was said is found from its append on: before its commit by its "
            + "session, with archive_id null. filter narrows by session_id, role, peer_id, since, until and category; a time is one of "
            + "ISO 8601, a date, or a time ago, as 7d. With X-OpenViking-Actor-Peer no message of another peer is found, but with "
            + "peer_scope all." + Uris,
            Hits, ErrorCode.NotFound)
        {
            Body = """{"query":"which tea?","target_uri":"viking://~","limit":10,"score_threshold":0.35,"filter":{"since":"7d"}}""",
        },
        ["POST /api/v1/search/search"] = new(
            Recall, "Put together what a prompt needs",
            "With mode context: the best of what fits a prompt, as entries and as one text, within max_tokens (1,600) and quotas of each "
            + "category; nothing below score_threshold (0.35), nothing of exclude_uris, and of what this host sent in the session's last "
            + "dedup_turns turns nothing again; of the session's own messages none before their commit. With peer_scope actor no message "
            + "of another peer than X-OpenViking-Actor-Peer. Filters are those of find. Without mode context, a list as of find. Nothing "
            + "is rewritten by a model." + Uris,
            Context, ErrorCode.NotFound)
        {
            Body = """{"query":"Make me a tea.","mode":"context","session_id":"demo","dedup_turns":5,"max_tokens":1600}""",
        },
        ["POST /api/v1/search/recall"] = new(
            Recall, "Put together what a prompt needs, by older fields",
            "As search: with max_chars, min_score, and render (true, false, full or compact)." + Uris,
            Context)
        {
            Body = """{"query":"Make me a tea.","quotas":{"events":4,"preferences":2},"max_chars":6400,"min_score":0.35,"render":true}""",
        },
        ["POST /api/v1/search/grep"] = new(
            Recall, "Find a pattern",
            "A regular expression of .NET, line by line, in the messages of a session's archives (oldest first) or of one archive, or in "
            + "memories. The line of a message is its place in messages.jsonl. At most node_limit (256) matches; truncated says that there "
            + "may be more, or that a session has more than 1,000 archives, of which the newest are read. A pattern that takes more than "
            + "5 s on all lines is an error, and one that looks around or back, and takes more than 250 ms on one line." + Uris,
            """
            {"matches":[{"line":3,"uri":"viking://user/default/sessions/demo/history/archive_001/messages.jsonl","content":"green tea"}],
            "count":1,"truncated":false}
            """,
            ErrorCode.NotFound)
        {
            Body = """{"uri":"viking://~/sessions/demo/history","pattern":"(green|black) tea","case_insensitive":true}""",
        },
        ["GET /api/v1/sessions/{session_id}/tool-results"] = new(
            Recall, "List tool results",
            "Always empty: what tools answer is in the messages.",
            """{"tool_results":[]}""", ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["limit"] = "100" },
        },
    };
}
