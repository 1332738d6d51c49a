namespace DurableSessions.Http.Documentation;

/// <summary>All routes, described. A route that is missing here fails a test.</summary>
internal static class RouteDescriptions
{
    private const string Sessions = "sessions";
    private const string Tasks = "tasks";
    private const string Orchestrations = "orchestrations";
    private const string System = "system";

    private const string Policy =
        """{"pending_token_threshold":150000,"message_count_threshold":100,"idle_timeout_seconds":86400,"keep_recent_count":0,"min_commit_interval_seconds":0}""";

    private const string Message =
        """{"id":"msg_0123456789abcdef0123456789abcdef","role":"user","parts":[{"type":"text","text":"The export fails since Friday."}],"created_at":"2026-01-31T09:00:00.000000+00:00"}""";

    private const string Task =
        """{"task_id":"c0123","task_type":"session_commit","status":"completed","created_at":1769850000.0,"updated_at":1769850001.5,"created_at_iso":"2026-01-31T09:00:00.000000+00:00","updated_at_iso":"2026-01-31T09:00:01.500000+00:00","resource_id":"demo","stage":null,"meta":{"attempt":1},"result":{"session_id":"demo","archive_uri":"viking://user/default/sessions/demo/history/archive_001","memories_extracted":{},"memories_skipped":[{"reason":"the built-in digest extracts no memories: that needs a chat model"}],"token_usage":{"llm":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},"embedding":{"total_tokens":0},"total":{"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},"answers":0},"degraded":false},"error":null}""";

    private const string Instance =
        """{"name":"commit","instanceId":"c0123","runtimeStatus":"Completed","input":{},"customStatus":{},"output":{},"createdTime":"2026-01-31T09:00:00Z","lastUpdatedTime":"2026-01-31T09:00:01Z","historyEvents":null}""";

    private static readonly Dictionary<string, string> ControlQuery = new() { ["reason"] = "\"a look\"" };

    /// <summary>By method and path, as the document has it.</summary>
    public static IReadOnlyDictionary<string, RouteDescription> All { get; } = new Dictionary<string, RouteDescription>
    {
        ["POST /api/v1/sessions"] = new(
            Sessions, "Create a session", "Without session_id the service makes one. Without auto_commit_policy the session starts with that of the server's settings, if there is one; null turns automatic commits off.",
            $$$$"""{"session_id":"demo","uri":"viking://user/default/sessions/demo","user":{"account_id":"default","user_id":"default"},"auto_commit_policy":{{{{Policy}}}},"memory_extraction_config":{"events":{"tags":["team=a"]}}}""",
            ErrorCode.AlreadyExists, ErrorCode.TooLarge)
        {
            Body = $$$$"""{"session_id":"demo","auto_commit_policy":{{{{Policy}}}},"memory_policy":{"self":{"enabled":true}},"memory_extraction_config":{"events":{"tags":["team=a"]}}}""",
        },
        ["GET /api/v1/sessions"] = new(
            Sessions, "List sessions", "A page is newest first; pages come in the order of ids. X-Next-Cursor says where the next one begins. mod_time does not move by appends; updated_at of the session does.",
            """[{"session_id":"demo","uri":"viking://user/default/sessions/demo","is_dir":true,"mod_time":"2026-01-31T09:00:00.000000+00:00"}]""")
        {
            Query = new Dictionary<string, string> { ["limit"] = "1000", ["cursor"] = "\"ZGVtbw\"" },
        },
        ["GET /api/v1/sessions/{session_id}"] = new(
            Sessions, "Look at a session", "message_count counts the live messages, total_message_count all there ever were. updated_at moves by every append. memories_extracted has a total and what each category has of it. llm_token_usage sums what the digests have cost. keep_recent_count and the retention fields are those of the last commit, but for one that an idle session starts, which leaves keep_recent_count.",
            $$$$"""{"session_id":"demo","created_by_account_id":"default","created_by_user_id":"default","created_at":"2026-01-31T09:00:00.000000+00:00","updated_at":"2026-01-31T09:00:00.000000+00:00","message_count":2,"total_message_count":12,"commit_count":1,"pending_tokens":40,"last_commit_at":"2026-01-31T09:00:00.000000+00:00","last_message_at":"2026-01-31T09:00:00.000000+00:00","last_auto_commit_at":"","llm_token_usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},"embedding_token_usage":{"total_tokens":0},"keep_recent_count":0,"retention_mode":"","keep_recent_turn_count":0,"retained_message_token_budget":0,"min_raw_tail_steps":1,"memory_policy":null,"auto_commit_policy":{{{{Policy}}}},"memory_extraction_config":{"events":{"tags":[]}},"uri":"viking://user/default/sessions/demo","user":{"account_id":"default","user_id":"default"},"memories_extracted":{"total":3,"preferences":1,"events":2},"pending_archives":[],"uncovered_archives":[]}""",
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["auto_create"] = "false" },
        },
        ["DELETE /api/v1/sessions/{session_id}"] = new(
            Sessions, "Delete a session", "At once for every reader; a commit on its way ends as cancelled.", """{"session_id":"demo"}""", ErrorCode.NotFound),
        ["PATCH /api/v1/sessions/{session_id}/config"] = new(
            Sessions, "Change a session's settings", "A policy is merged field by field; null turns it off. Other fields are refused.",
            $$$$"""{"session_id":"demo","auto_commit_policy":{{{{Policy}}}},"memory_extraction_config":{"events":{"tags":[]}}}""", ErrorCode.NotFound)
        {
            Body = """{"auto_commit_policy":{"message_count_threshold":50}}""",
        },
        ["POST /api/v1/sessions/{session_id}/messages"] = new(
            Sessions, "Append a message", "Creates the session where there is none. Parts win over content, and are kept exactly as they came.",
            """{"session_id":"demo","message_count":1,"pending_tokens":8,"message_ids":["msg_0123456789abcdef0123456789abcdef"]}""", ErrorCode.TooLarge)
        {
            Body = """{"role":"user","content":"The export fails since Friday."}""",
        },
        ["POST /api/v1/sessions/{session_id}/messages/batch"] = new(
            Sessions, "Append messages", "At most 100, all or nothing.",
            """{"session_id":"demo","message_count":2,"added":2,"pending_tokens":16,"message_ids":["msg_0123456789abcdef0123456789abcdef"]}""", ErrorCode.TooLarge)
        {
            Body = """{"messages":[{"role":"user","content":"The export fails."},{"role":"assistant","parts":[{"type":"text","text":"Since when?"}]}]}""",
        },
        ["POST /api/v1/sessions/{session_id}/commit"] = new(
            Sessions, "Commit a session", "Archives the live messages, digests them, and switches the session over. keep_recent_count keeps the newest messages live. retention_mode turn_budget keeps whole turns instead: the newest keep_recent_turn_count (0 to 10000, else 3), as many as fit into retained_message_token_budget (at least 1, else 12000); a newest turn over the budget is cut to its last steps, to no fewer than min_raw_tail_steps (0 to 10000, else 1). These three need retention_mode. wait answers when that is over, or with 504; the commit goes on. Where there is nothing to archive, or no such session, the answer is skipped, with the reason.",
            """{"session_id":"demo","status":"accepted","task_id":"c0123","archive_uri":"viking://user/default/sessions/demo/history/archive_001","archived":true,"trace_id":"0123456789abcdef0123456789abcdef"}""",
            ErrorCode.TooMany, ErrorCode.DeadlineExceeded)
        {
            Body = """{"keep_recent_count":0,"retention_mode":"turn_budget","keep_recent_turn_count":3,"retained_message_token_budget":12000,"min_raw_tail_steps":1}""",
            Query = new Dictionary<string, string> { ["wait"] = "30" },
        },
        ["GET /api/v1/sessions/{session_id}/context"] = new(
            Sessions, "Read a session's context", "The newest overview, what no overview covers yet, and the live messages, within the budget.",
            $$$$"""{"latest_archive_overview":"# 10 messages","pre_archive_abstracts":[],"messages":[{{{{Message}}}}],"estimatedTokens":48,"stats":{"totalArchives":1,"includedArchives":1,"droppedArchives":0,"failedArchives":0,"activeTokens":40,"archiveTokens":8}}""",
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["token_budget"] = "128000", ["include_memories"] = "false" },
        },
        ["GET /api/v1/sessions/{session_id}/archives"] = new(
            Sessions, "List a session's archives", "Newest first; X-Next-Cursor says where the next page begins. created_at is when it was switched, null while it is pending; abstract is empty while it has no digest of its own.",
            """[{"number":1,"archive_id":"archive_001","archive_uri":"viking://user/default/sessions/demo/history/archive_001","task_id":"c0123","message_count":10,"token_count":400,"byte_count":5000,"state":"covered","abstract":"An export that fails.","created_at":"2026-01-31T09:00:00.000000+00:00"}]""",
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["limit"] = "100", ["cursor"] = "1" },
        },
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}"] = new(
            Sessions, "Read an archive", "All its messages, and what the digest made of them.",
            $$$$"""{"archive_id":"archive_001","abstract":"An export that fails.","overview":"# 10 messages","messages":[{{{{Message}}}}]}""", ErrorCode.NotFound),
        ["POST /api/v1/sessions/{session_id}/used"] = new(
            Sessions, "Count what was used", "Adds to the session's counters.", """{"session_id":"demo","contexts_used":1,"skills_used":0}""", ErrorCode.NotFound)
        {
            Body = """{"contexts":["viking://user/default/memories/events/a.md"]}""",
        },
        ["GET /api/v1/tasks"] = new(
            Tasks, "List commits", "Newest first, of the caller. A filter by status looks at the newest 1,000.", $"[{Task}]")
        {
            Query = new Dictionary<string, string>
            {
                ["task_type"] = "\"session_commit\"",
                ["status"] = "\"completed\"",
                ["resource_id"] = "\"demo\"",
                ["limit"] = "50",
            },
        },
        ["GET /api/v1/tasks/{task_id}"] = new(Tasks, "Look at a commit", "completed means that every reader sees the switched session.", Task, ErrorCode.NotFound),
        ["POST /api/v1/tasks/{task_id}/cancel"] = new(
            Tasks, "Cancel a commit", "Before the live log is cleared everything stays as it was; afterwards the archive stays, and its messages stay in context. One that is cancelled already is answered as it is. An Idempotency-Key cancels one attempt: repeated after a retry, it leaves the new attempt alone.",
            Task, ErrorCode.NotFound, ErrorCode.FailedPrecondition),
        ["POST /api/v1/tasks/{task_id}/retry"] = new(
            Tasks, "Try a commit again", "One that failed or was cancelled, under the same id. An Idempotency-Key starts one attempt: repeated, it answers with the task as it stands, and starts no other, even where that one has failed too.", Task, ErrorCode.NotFound, ErrorCode.FailedPrecondition),
        ["GET /api/v1/system/status"] = new(System, "Who am I", "The caller's user.", """{"initialized":true,"user":"default"}"""),
        ["POST /api/v1/system/wait"] = new(
            System, "Wait until no commit runs", "No commit of the caller. At most 300 seconds, whatever timeout says. It changes nothing: an Idempotency-Key is checked, and makes no difference.", """{"commits_running":0}""", ErrorCode.DeadlineExceeded)
        {
            Body = """{"timeout":30}""",
        },
        ["GET /health"] = new(
            System, "Does the process serve", "Asks for no key; one that is sent and wrong is refused with 401.", """{"status":"ok","healthy":true,"version":"1.0.0","auth_mode":"dev"}""")
        { HasEnvelope = false },
        ["GET /ready"] = new(
            System, "Do storage and engine answer", "Asks for no key; 503 where one does not.", """{"status":"ready","checks":{"storage":"ok","engine":"ok"}}""")
        { HasEnvelope = false },
        ["GET /runtime/webhooks/durabletask/instances"] = new(
            Orchestrations, "List instances", "With an operator's key. x-ms-continuation-token of an answer leads to the next page.", $"[{Instance}]")
        {
            HasEnvelope = false,
            Query = new Dictionary<string, string>
            {
                ["runtimeStatus"] = "\"Running,Failed\"",
                ["createdTimeFrom"] = "\"2026-01-31T00:00:00Z\"",
                ["createdTimeTo"] = "\"2026-02-01T00:00:00Z\"",
                ["instanceIdPrefix"] = "\"c\"",
                ["top"] = "100",
                ["showInput"] = "false",
            },
        },
        ["GET /runtime/webhooks/durabletask/instances/{instance_id}"] = new(
            Orchestrations, "Look at an instance", "With an operator's key. 202 while it runs.", Instance, ErrorCode.NotFound)
        {
            HasEnvelope = false,
            Query = new Dictionary<string, string>
            {
                ["showHistory"] = "true",
                ["showHistoryOutput"] = "true",
                ["showInput"] = "true",
                ["returnInternalServerErrorOnFailure"] = "false",
            },
        },
        ["DELETE /runtime/webhooks/durabletask/instances/{instance_id}"] = new(
            Orchestrations, "Forget an instance that has ended", "With an operator's key. One that runs is left alone: 0.", """{"instancesDeleted":1}""", ErrorCode.NotFound)
        {
            HasEnvelope = false,
        },
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/raiseEvent/{event_name}"] = new(
            Orchestrations, "Raise an event", "With an operator's key. The body is the event's payload.", null, ErrorCode.NotFound, ErrorCode.Gone, ErrorCode.TooLarge)
        {
            HasEnvelope = false,
            Status = 202,
            Body = """{"any":"JSON"}""",
        },
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/terminate"] = Control("End an instance where it stands"),
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/suspend"] = Control("Hold an instance"),
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/resume"] = Control("Let an instance go on"),
    };

    private static RouteDescription Control(string summary) =>
        new(Orchestrations, summary, "With an operator's key.", null, ErrorCode.NotFound, ErrorCode.Gone) { HasEnvelope = false, Status = 202, Query = ControlQuery };
}
