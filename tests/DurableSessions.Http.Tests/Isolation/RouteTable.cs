namespace DurableSessions.Http.Tests.Isolation;

/// <summary>Who may call which route. A route that is not here fails the test.</summary>
internal static class RouteTable
{
    private const string Sessions = "/api/v1/sessions/";
    private const string Session = Sessions + "{session_id}";
    private const string Archive = Session + "/archives/{archive_id}";
    private const string ArchiveUri = "viking://user/ann/sessions/{session_id}/history/{archive_id}";
    private const string Memory = "/api/v1/memories/{category}/{name}";
    private const string Tasks = "/api/v1/tasks/";
    private const string Instances = "/runtime/webhooks/durabletask/instances/";
    private const string Instance = Instances + "{instance_id}";
    private const string Find =
        """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"find","arguments":{"query":"canary"}}}""";

    private const string Message = """{"role":"user","content":"{text}"}""";

    /// <summary>By method and pattern.</summary>
    public static IReadOnlyDictionary<string, RouteAccess> All { get; } = new Dictionary<string, RouteAccess>
    {
        ["GET /health"] = new(RouteKind.Probe),
        ["GET /ready"] = new(RouteKind.Open),
        ["GET /openapi/v1.json"] = new(RouteKind.Open),
        ["GET /docs/{documentName?}"] = new(RouteKind.Open, "/docs/"),
        ["GET /docs/favicon.svg"] = new(RouteKind.Open),
        ["GET /docs/scalar.js"] = new(RouteKind.Open),
        ["GET /docs/scalar.aspnetcore.js"] = new(RouteKind.Open),

        // Of the host of these tests alone.
        ["GET /bug"] = new(RouteKind.Open),

        ["POST " + Sessions] = new(RouteKind.Caller, Body: """{"session_id":"new-{session_id}"}"""),
        ["GET " + Sessions] = new(RouteKind.Caller),
        ["GET " + Session] = new(RouteKind.Caller),
        ["DELETE " + Session] = new(RouteKind.Caller),
        ["PATCH " + Session + "/config"] = new(RouteKind.Caller, Body: """{"auto_commit_policy":null}"""),
        ["POST " + Session + "/messages"] = new(RouteKind.Caller, Body: Message),
        ["POST " + Session + "/messages/batch"] = new(RouteKind.Caller, Body: $$"""{"messages":[{{Message}}]}"""),
        ["POST " + Session + "/commit"] = new(RouteKind.Caller, Body: "{}"),
        ["GET " + Session + "/context"] = new(RouteKind.Caller, Session + "/context?include_memories=true"),
        ["GET " + Session + "/archives"] = new(RouteKind.Caller),
        ["GET " + Archive] = new(RouteKind.Caller),
        ["GET " + Session + "/tool-results"] = new(RouteKind.Caller),
        ["POST " + Archive + "/digest"] = new(RouteKind.Caller, Body: """{"mode":"preview"}"""),
        ["GET " + Archive + "/digests"] = new(RouteKind.Caller),
        ["POST " + Session + "/used"] = new(RouteKind.Caller, Body: """{"contexts":["viking://a"]}"""),
        ["GET " + Archive + "/memory_diff"] = new(RouteKind.Caller),
        ["POST " + Archive + "/memory_diff/undo"] = new(RouteKind.Caller, Body: "{}"),
        ["GET /api/v1/memories/"] = new(RouteKind.Caller),
        ["GET /api/v1/memories/search"] = new(RouteKind.Caller, "/api/v1/memories/search?q=canary"),
        ["GET " + Memory] = new(RouteKind.Caller),
        ["PUT " + Memory] = new(RouteKind.Caller, Body: """{"content":"{text}"}"""),
        ["DELETE " + Memory] = new(RouteKind.Caller),
        ["GET /api/v1/content/read"] = new(RouteKind.Caller, "/api/v1/content/read?uri=" + ArchiveUri + "/memory_diff.json"),
        ["GET /api/v1/content/abstract"] = new(RouteKind.Caller, "/api/v1/content/abstract?uri=" + ArchiveUri),
        ["GET /api/v1/content/overview"] = new(RouteKind.Caller, "/api/v1/content/overview?uri=" + ArchiveUri),
        ["GET /api/v1/fs/ls"] = new(RouteKind.Caller, "/api/v1/fs/ls?recursive=true&uri=" + ArchiveUri),
        ["DELETE /api/v1/fs/"] = new(RouteKind.Caller, "/api/v1/fs?uri=viking://user/ann/memories/{category}/{name}.md"),
        ["POST /api/v1/search/find"] = new(RouteKind.Caller, Body: """{"query":"canary"}"""),
        ["POST /api/v1/search/search"] = new(RouteKind.Caller, Body: """{"query":"canary","mode":"context"}"""),
        ["POST /api/v1/search/recall"] = new(RouteKind.Caller, Body: """{"query":"canary"}"""),
        ["POST /api/v1/search/grep"] = new(RouteKind.Caller, Body: $$"""{"pattern":".","uri":"{{ArchiveUri}}"}"""),
        ["POST /mcp/"] = new(RouteKind.Caller, "/mcp", Body: Find),
        ["GET " + Tasks] = new(RouteKind.Caller, Tasks + "?resource_id={session_id}"),
        ["GET " + Tasks + "{task_id}"] = new(RouteKind.Caller),
        ["GET " + Tasks + "{task_id}/events"] = new(RouteKind.Caller),
        ["POST " + Tasks + "{task_id}/cancel"] = new(RouteKind.Caller, Body: "{}"),
        ["POST " + Tasks + "{task_id}/retry"] = new(RouteKind.Caller, Body: "{}"),
        ["POST /api/v1/digest_again"] = new(RouteKind.Caller),
        ["POST /api/v1/system/digest_again"] = new(RouteKind.Operator),
        ["GET /api/v1/system/status"] = new(RouteKind.Caller),
        ["POST /api/v1/system/wait"] = new(RouteKind.Caller, Body: """{"timeout":0.1}"""),

        ["GET " + Instances] = new(RouteKind.Operator),
        ["GET " + Instance] = new(RouteKind.Operator, Instance + "?showHistory=true&showHistoryOutput=true"),
        ["DELETE " + Instance] = new(RouteKind.Operator),
        ["POST " + Instance + "/raiseEvent/{event_name}"] = new(RouteKind.Operator, Body: "{}"),
        ["POST " + Instance + "/terminate"] = new(RouteKind.Operator),
        ["POST " + Instance + "/suspend"] = new(RouteKind.Operator),
        ["POST " + Instance + "/resume"] = new(RouteKind.Operator),
    };
}
