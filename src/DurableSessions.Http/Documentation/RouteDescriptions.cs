namespace DurableSessions.Http.Documentation;

/// <summary>The descriptions of the routes of sessions, tasks and the system. A test fails for a route without a description.</summary>
internal static class RouteDescriptions
{
    private const string Sessions = "sessions";
    private const string Tasks = "tasks";
    private const string System = "system";

    private const string Policy =
        """
        {"pending_token_threshold":150000,"message_count_threshold":100,"idle_timeout_seconds":86400,"keep_recent_count":0,
        "min_commit_interval_seconds":0}
        """;

    private const string Message =
        """
        {"id":"msg_0123456789abcdef0123456789abcdef","role":"user","parts":[{"type":"text","text":"The export fails since Friday."}],
        "created_at":"2026-01-31T09:00:00.000000+00:00"}
        """;

    private const string Digest =
        """
        {"version":2,"in_place":false,"was_in_place":false,"degraded":false,"processor":"a-model",
        "created_at":"2026-01-31T09:00:00.000000+00:00","instructions":"Keep all prices and dates.","abstract":"An export that fails.",
        "overview":"# 10 messages","token_usage":{"llm":{"prompt_tokens":900,"completion_tokens":80,"total_tokens":980,
        "cached_tokens":0,"reasoning_tokens":0},"embedding":{"total_tokens":0}}}
        """;

    private const string Task =
        """
        {"task_id":"c0123","task_type":"session_commit","status":"completed","created_at":1769850000.0,"updated_at":1769850001.5,
        "created_at_iso":"2026-01-31T09:00:00.000000+00:00","updated_at_iso":"2026-01-31T09:00:01.500000+00:00","resource_id":"demo",
        "stage":null,"meta":{"attempt":1},"result":{"session_id":"demo",
        "archive_uri":"viking://user/default/sessions/demo/history/archive_001","memories_extracted":{},
        "memories_skipped":[{"reason":"the built-in digest extracts what the user says to remember: more needs a chat model"}],
        "token_usage":{"llm":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},
        "embedding":{"total_tokens":0},"total":{"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},"answers":0},"degraded":false},
        "error":null}
        """;

    /// <summary>By method and path, as in the OpenAPI document.</summary>
    public static IReadOnlyDictionary<string, RouteDescription> All { get; } = new Dictionary<string, RouteDescription>
    {
        ["POST /api/v1/sessions"] = new(
            Sessions,
            "Create a session",
            "Without session_id the service creates an id. Without auto_commit_policy the session has the policy of the server's "
            + "settings, if one is set; null turns automatic commits off.",
            $$$$"""
            {"session_id":"demo","uri":"viking://user/default/sessions/demo","user":{"account_id":"default","user_id":"default"},
            "auto_commit_policy":{{{{Policy}}}},"memory_extraction_config":{"events":{"tags":["team=a"]}}}
            """,
            ErrorCode.AlreadyExists, ErrorCode.TooLarge)
        {
            Body =
                $$$$"""
                {"session_id":"demo","auto_commit_policy":{{{{Policy}}}},"memory_policy":{"self":{"enabled":true}},
                "memory_extraction_config":{"events":{"tags":["team=a"]}}}
                """,
        },
        ["GET /api/v1/sessions"] = new(
            Sessions,
            "List sessions",
            "Each page is sorted newest first; pages follow the order of ids. X-Next-Cursor is the cursor of the next page. An "
            + "append does not change mod_time; it changes updated_at of the session.",
            """
            [{"session_id":"demo","uri":"viking://user/default/sessions/demo","is_dir":true,
            "mod_time":"2026-01-31T09:00:00.000000+00:00"}]
            """)
        {
            Query = new Dictionary<string, string> { ["limit"] = "1000", ["cursor"] = "\"ZGVtbw\"" },
        },
        ["GET /api/v1/sessions/{session_id}"] = new(
            Sessions,
            "Read a session",
            "message_count counts the live messages, total_message_count all messages that were ever appended. Every append changes "
            + "updated_at. memories_extracted has a total and a count for each category. llm_token_usage sums the tokens of all "
            + "digests. keep_recent_count and the retention fields are those of the last commit; a commit by idle time-out does not "
            + "change keep_recent_count.",
            $$$$"""
            {"session_id":"demo","created_by_account_id":"default","created_by_user_id":"default",
            "created_at":"2026-01-31T09:00:00.000000+00:00","updated_at":"2026-01-31T09:00:00.000000+00:00","message_count":2,
            "total_message_count":12,"commit_count":1,"pending_tokens":40,"last_commit_at":"2026-01-31T09:00:00.000000+00:00",
            "last_message_at":"2026-01-31T09:00:00.000000+00:00","last_auto_commit_at":"","llm_token_usage":{"prompt_tokens":0,
            "completion_tokens":0,"total_tokens":0,"cached_tokens":0,"reasoning_tokens":0},"embedding_token_usage":{"total_tokens":0},
            "keep_recent_count":0,"retention_mode":"","keep_recent_turn_count":0,"retained_message_token_budget":0,"min_raw_tail_steps":1,
            "memory_policy":null,"auto_commit_policy":{{{{Policy}}}},"memory_extraction_config":{"events":{"tags":[]}},
            "uri":"viking://user/default/sessions/demo","user":{"account_id":"default","user_id":"default"},
            "memories_extracted":{"total":3,"preferences":1,"events":2},"pending_archives":[],"uncovered_archives":[]}
            """,
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["auto_create"] = "false" },
        },
        ["DELETE /api/v1/sessions/{session_id}"] = new(
            Sessions,
            "Delete a session",
            "Effective at once for every reader; a running commit ends as cancelled.",
            """{"session_id":"demo"}""",
            ErrorCode.NotFound),
        ["PATCH /api/v1/sessions/{session_id}/config"] = new(
            Sessions, "Change a session's settings", "A policy is merged field by field; null turns it off. Other fields are rejected.",
            $$$$"""{"session_id":"demo","auto_commit_policy":{{{{Policy}}}},"memory_extraction_config":{"events":{"tags":[]}}}""",
            ErrorCode.NotFound)
        {
            Body = """{"auto_commit_policy":{"message_count_threshold":50}}""",
        },
        ["POST /api/v1/sessions/{session_id}/messages"] = new(
            Sessions,
            "Append a message",
            "Creates the session if it does not exist. parts takes precedence over content, and is stored as it is sent.",
            """{"session_id":"demo","message_count":1,"pending_tokens":8,"message_ids":["msg_0123456789abcdef0123456789abcdef"]}""",
            ErrorCode.TooLarge)
        {
            Body = """{"role":"user","content":"The export fails since Friday."}""",
        },
        ["POST /api/v1/sessions/{session_id}/messages/batch"] = new(
            Sessions, "Append messages", "At most 100, all or nothing.",
            """
            {"session_id":"demo","message_count":2,"added":2,"pending_tokens":16,"message_ids":["msg_0123456789abcdef0123456789abcdef"]}
            """,
            ErrorCode.TooLarge)
        {
            Body =
                """
                {"messages":[{"role":"user","content":"The export fails."},{"role":"assistant","parts":[{"type":"text",
                "text":"Since when?"}]}]}
                """,
        },
        ["POST /api/v1/sessions/{session_id}/commit"] = new(
            Sessions,
            "Commit a session",
            "Archives the live messages, digests them, and switches the session over. keep_recent_count keeps the newest messages "
            + "live. retention_mode turn_budget keeps whole turns instead: the newest keep_recent_turn_count (0 to 10000, else 3), as "
            + "many as fit into retained_message_token_budget (at least 1, else 12000); a newest turn over the budget is cut to its "
            + "last steps, to no fewer than min_raw_tail_steps (0 to 10000, else 1). These three need retention_mode. With wait, the "
            + "response follows the end of the commit, or is 504 after so many seconds; then the commit goes on. Where there is "
            + "nothing to archive, or the session does not exist, the status is skipped, with the reason. webhook, an object with an url, "
            + "has the end reported there, where the server's Webhooks:AllowFromCommits is set.",
            """
            {"session_id":"demo","status":"accepted","task_id":"c0123",
            "archive_uri":"viking://user/default/sessions/demo/history/archive_001","archived":true,
            "trace_id":"0123456789abcdef0123456789abcdef"}
            """,
            ErrorCode.TooMany, ErrorCode.DeadlineExceeded)
        {
            Body =
                """
                {"keep_recent_count":0,"retention_mode":"turn_budget","keep_recent_turn_count":3,"retained_message_token_budget":12000,
                "min_raw_tail_steps":1}
                """,
            Query = new Dictionary<string, string> { ["wait"] = "30" },
        },
        ["GET /api/v1/sessions/{session_id}/context"] = new(
            Sessions,
            "Read a session's context",
            "Within the token budget: the live messages and the archived ones that no overview covers yet, then the newest overview, then "
            + "the line of each archive, the newest first, then archived messages. These come first in messages, recalledMessages of "
            + "them: with query those that fit it best, oldest first, as far as the budget goes; without it the newest, as one run "
            + "right before the others, as far as all that is archived takes half of the budget. With query an overview that would take "
            + "more than half of what is left gives way to messages that fit. While "
            + "there are archives without a digest, latest_archive_overview joins an excerpt of them to the newest overview, says so in "
            + "its first line, and overview_provisional is true. An archive is included if the overview stands for it, or a message or "
            + "the line of it is there.",
            $$$$"""
            {"latest_archive_overview":"# 10 messages","pre_archive_abstracts":[{"archive_id":"archive_001",
            "abstract":"An export that fails."}],"messages":[{{{{Message}}}}],"estimatedTokens":54,
            "stats":{"totalArchives":1,"includedArchives":1,"droppedArchives":0,"failedArchives":0,"activeTokens":40,"archiveTokens":14,
            "recalledMessages":0,"recalledTokens":0}}
            """,
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string>
            {
                ["token_budget"] = "128000",
                ["include_memories"] = "false",
                ["query"] = "\"Which export fails?\"",
            },
        },
        ["GET /api/v1/sessions/{session_id}/archives"] = new(
            Sessions,
            "List a session's archives",
            "Newest first; X-Next-Cursor is the cursor of the next page. created_at is the time of the switch, null while the "
            + "archive is pending; abstract is empty while the archive has no digest of its own.",
            """
            [{"number":1,"archive_id":"archive_001","archive_uri":"viking://user/default/sessions/demo/history/archive_001",
            "task_id":"c0123","message_count":10,"token_count":400,"byte_count":5000,"state":"covered","abstract":"An export that fails.",
            "created_at":"2026-01-31T09:00:00.000000+00:00"}]
            """,
            ErrorCode.NotFound)
        {
            Query = new Dictionary<string, string> { ["limit"] = "100", ["cursor"] = "1" },
        },
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}"] = new(
            Sessions, "Read an archive", "All its messages, and its digest.",
            $$$$"""
            {"archive_id":"archive_001","abstract":"An export that fails.","overview":"# 10 messages","messages":[{{{{Message}}}}]}
            """,
            ErrorCode.NotFound),
        ["POST /api/v1/sessions/{session_id}/archives/{archive_id}/digest"] = new(
            Sessions,
            "Digest an archive again",
            "preview makes another digest of a covered archive by the model and the prompt of now, and keeps it beside the one in place; "
            + "replace puts it in place and keeps the one before; restore puts the digest of a version in place, a preview's too. "
            + "instructions (1 to 2000 characters) say what the abstract and the overview are to look at. The answer is the task; "
            + "with wait, it follows the task's end, or is 504 after so many seconds, and the task goes on. Once it is "
            + "completed, GET /api/v1/tasks/{task_id} has the digest and the present one. Only this archive's digest "
            + "changes, and the session's overview where it is the newest one; digests of later archives stay, and so do memories. An "
            + "archive keeps 16 digests: for one more the oldest preview that was never in place is dropped, and dropped_version names "
            + "it; where there is none the request is refused with 412. 412 also where the archive is not covered, has no digest of its "
            + "own, or is still to be digested again since the model was away, and without a model; 409 while another such request for "
            + "the archive runs.",
            $$$$"""
            {"task_id":"digest-0123456789ab-1-1","task_type":"archive_digest","status":"pending","created_at":1769850000.0,
            "updated_at":1769850000.0,"created_at_iso":"2026-01-31T09:00:00.000000+00:00",
            "updated_at_iso":"2026-01-31T09:00:00.000000+00:00","resource_id":"demo","stage":null,
            "meta":{"archive_id":"archive_001","mode":"preview"},"result":null,"error":null}
            """,
            ErrorCode.NotFound, ErrorCode.FailedPrecondition, ErrorCode.TooMany, ErrorCode.DeadlineExceeded)
        {
            Query = new Dictionary<string, string> { ["wait"] = "120" },
            Body = """{"mode":"preview","instructions":"Keep all prices and dates."}""",
        },
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}/digests"] = new(
            Sessions,
            "List an archive's digests",
            "Newest first. One of them is in place; token_usage is what the model has taken and given for it. Empty while the archive "
            + "has no digest of its own.",
            $"[{Digest}]",
            ErrorCode.NotFound),
        ["POST /api/v1/sessions/{session_id}/used"] = new(
            Sessions,
            "Count used contexts and skills",
            "Adds to the session's counters.",
            """{"session_id":"demo","contexts_used":1,"skills_used":0}""",
            ErrorCode.NotFound)
        {
            Body = """{"contexts":["viking://user/default/memories/events/a.md"]}""",
        },
        ["GET /api/v1/tasks"] = new(
            Tasks, "List commits", "The caller's commits, newest first. A filter by status covers the newest 1,000.", $"[{Task}]")
        {
            Query = new Dictionary<string, string>
            {
                ["task_type"] = "\"session_commit\"",
                ["status"] = "\"completed\"",
                ["resource_id"] = "\"demo\"",
                ["limit"] = "50",
            },
        },
        ["GET /api/v1/tasks/{task_id}"] = new(
            Tasks,
            "Read a commit",
            "completed guarantees that every reader sees the switched session. The task of a request for an archive's digest is read here "
            + "too: task_type is archive_digest, and result has digest, present, and dropped_version where a preview was dropped. Lists "
            + "leave it out, and it is neither cancelled nor retried. With wait, the response follows the next change of the task's "
            + "status, stage or attempt, and has the task as it is after so many seconds; one that is over is answered at once. The "
            + "response has an ETag. With If-None-Match a wait goes on until the task is another one than that, so that no change is "
            + "missed between two requests; a task that is the same, also after the wait, is answered 304.",
            Task,
            ErrorCode.NotFound, ErrorCode.TooMany)
        {
            Query = new Dictionary<string, string> { ["wait"] = "60" },
        },
        ["GET /api/v1/tasks/{task_id}/events"] = new(
            Tasks,
            "Follow a commit",
            "Server-sent events: the task as it is, then one event for each change of its status, stage or attempt, until it is over. "
            + "event is stage, and completed, failed or cancelled at the end; data is the task; id is the text of its ETag. Every 15 "
            + "seconds there is a comment. The response ends after 300 seconds at the latest; a client connects again with Last-Event-ID, "
            + "and gets the present state where that is another one: what was in between is not repeated, nor are stages that pass faster "
            + "than the host sees them. 204 where the task is over and the client has its end, so that an EventSource stops.",
            """
            "id: running-summarizing-1-0123456789abcdef0123456789abcdef\nevent: stage\ndata: {\"task_id\":\"c0123\"}\n\n"
            """,
            ErrorCode.NotFound, ErrorCode.TooMany)
        {
            HasEnvelope = false,
            ContentType = Envelope.EventStream.ContentType,
        },
        ["POST /api/v1/tasks/{task_id}/cancel"] = new(
            Tasks,
            "Cancel a commit",
            "Before the live log is cleared, the session stays unchanged; afterwards the archive stays, and its messages stay in the "
            + "context. A commit that is cancelled already is returned unchanged. An Idempotency-Key cancels one attempt: a repetition "
            + "after a retry does not cancel the new attempt.",
            Task, ErrorCode.NotFound, ErrorCode.FailedPrecondition),
        ["POST /api/v1/tasks/{task_id}/retry"] = new(
            Tasks,
            "Retry a commit",
            "A commit that failed or was cancelled runs again under the same id. An Idempotency-Key starts one attempt: a repetition "
            + "returns the present state of the task, and starts no other attempt, also after that one has failed. Of a completed commit "
            + "whose archive is degraded the model digests the archive again; the task stays completed, and tells what came of it.",
            Task,
            ErrorCode.NotFound,
            ErrorCode.FailedPrecondition),
        ["GET /api/v1/system/status"] = new(
            System,
            "Read the caller",
            "The user and the account of the key, or of the headers in dev mode. model is there where the host digests by a model: ok, or "
            + "away while that is not asked, for most questions have failed.",
            """{"initialized":true,"user":"default","account":"default","model":"ok"}"""),
        ["POST /api/v1/system/wait"] = new(
            System,
            "Wait for running commits",
            "Waits for the caller's commits, at most 300 seconds. It changes nothing: an Idempotency-Key is checked, and has no effect.",
            """{"commits_running":0}""",
            ErrorCode.DeadlineExceeded)
        {
            Body = """{"timeout":30}""",
        },
        ["POST /api/v1/digest_again"] = new(
            Tasks,
            "Digest degraded archives again",
            "In the caller's sessions, what the built-in digest stood in for is digested by the model, beside new commits: the oldest "
            + "archive of a session first. limit is how many sessions are looked at; X-Next-Cursor is the cursor of the next page. A "
            + "repetition changes nothing. The tasks of the commits tell what came of it.",
            """{"sessions_started":2}""")
        {
            Query = new Dictionary<string, string> { ["limit"] = "100", ["cursor"] = "\"ZGVtbw\"" },
        },
        ["POST /api/v1/system/digest_again"] = new(
            System,
            "Digest degraded archives of all users again",
            "Needs an operator's key. As POST /api/v1/digest_again, for the sessions of all accounts.",
            """{"sessions_started":2}""")
        {
            Query = new Dictionary<string, string> { ["limit"] = "100", ["cursor"] = "\"ZGVtbw\"" },
        },
        ["GET /health"] = new(
            System,
            "Liveness of the process",
            "Needs no key; a key that is sent and not valid is refused with 401.",
            """{"status":"ok","healthy":true,"version":"1.0.0","auth_mode":"dev"}""")
        { HasEnvelope = false },
        ["GET /ready"] = new(
            System,
            "Readiness of storage and engine",
            "Needs no key; 503 where one of them is unavailable. Where the host digests by a model, checks.model says ok or away; commits "
            + "go on without one.",
            """{"status":"ready","checks":{"storage":"ok","engine":"ok"}}""")
        { HasEnvelope = false },
    };
}
