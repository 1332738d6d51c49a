namespace DurableSessions.Http.Documentation;

/// <summary>The descriptions of the routes by which an operator reads and controls instances.</summary>
internal static class OrchestrationRouteDescriptions
{
    private const string Orchestrations = "orchestrations";

    private const string Instance =
        """
        {"name":"commit","instanceId":"c0123","runtimeStatus":"Completed","input":{},"customStatus":{},"output":{},
        "createdTime":"2026-01-31T09:00:00Z","lastUpdatedTime":"2026-01-31T09:00:01Z","historyEvents":null}
        """;

    private static readonly Dictionary<string, string> ControlQuery = new() { ["reason"] = "\"a look\"" };

    /// <summary>By method and path, as in the OpenAPI document.</summary>
    public static IReadOnlyDictionary<string, RouteDescription> All { get; } = new Dictionary<string, RouteDescription>
    {
        ["GET /runtime/webhooks/durabletask/instances"] = new(
            Orchestrations,
            "List instances",
            "Needs an operator's key. The header x-ms-continuation-token of a response continues with the next page.",
            $"[{Instance}]")
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
            Orchestrations, "Read an instance", "Needs an operator's key. 202 while the instance runs.", Instance, ErrorCode.NotFound)
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
            Orchestrations,
            "Purge an instance that has ended",
            "Needs an operator's key. A running instance is not purged: 0.",
            """{"instancesDeleted":1}""",
            ErrorCode.NotFound)
        {
            HasEnvelope = false,
        },
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/raiseEvent/{event_name}"] = new(
            Orchestrations,
            "Raise an event",
            "Needs an operator's key. The body is the payload of the external event.",
            null,
            ErrorCode.NotFound,
            ErrorCode.Gone,
            ErrorCode.TooLarge)
        {
            HasEnvelope = false,
            Status = 202,
            Body = """{"any":"JSON"}""",
        },
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/terminate"] = Control("Terminate an instance"),
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/suspend"] = Control("Suspend an instance"),
        ["POST /runtime/webhooks/durabletask/instances/{instance_id}/resume"] = Control("Resume an instance"),
    };

    private static RouteDescription Control(string summary) =>
        new(Orchestrations, summary, "Needs an operator's key.", null, ErrorCode.NotFound, ErrorCode.Gone)
        {
            HasEnvelope = false,
            Status = 202,
            Query = ControlQuery,
        };
}
