using CsCheck;

namespace DurableSessions.Http.Tests.Isolation;

/// <summary>One request of a tenant, drawn from few routes' worth of names, which all tenants share.</summary>
/// <param name="Route">The route's method and pattern.</param>
/// <param name="Values">What it names; the task is put in when it is known.</param>
/// <param name="Key">The idempotency key; <see langword="null"/> for none.</param>
/// <param name="NamesForeignTask">Whether the task it names is another tenant's.</param>
internal sealed record Step(string Route, RouteValues Values, string? Key, bool NamesForeignTask)
{
    private const string Append = "POST /api/v1/sessions/{session_id}/messages";
    private const string Context = "GET /api/v1/sessions/{session_id}/context";
    private const string Commit = "POST /api/v1/sessions/{session_id}/commit";

    private const string Digest = "POST /api/v1/sessions/{session_id}/archives/{archive_id}/digest";

    private static readonly RouteValues s_plan = new("plan", "", "remembered");

    private static readonly string[] s_routes =
        [.. RouteTable.All.Where(static r => r.Value.Kind == RouteKind.Caller).Select(static r => r.Key)];

    /// <summary>
    /// Appends and commits more often than the others, without which there is little to see; at the end a tenant reads its own text.
    /// </summary>
    public static Gen<Step[]> Sequences { get; } =
        from steps in
        (from route in Gen.Frequency((3, OneOf(s_routes)), (1, OneOf(Append)), (1, OneOf(Commit)))
         from session in OneOf("plan", "plan.", "new-plan")
         from memory in OneOf("remembered", "Remembered")
         from archive in OneOf("archive_001", "archive_002")
         from key in OneOf("k1", "k2", null, null, null, null)
         from isForeign in Gen.Bool
         select new Step(route, new RouteValues(session, "", memory, archive), key, isForeign)).Array[60]
        select (Step[])[.. steps, new Step(Append, s_plan, null, false), new Step(Context, s_plan, null, false)];

    /// <summary>The request, as a tenant sends it who has this text.</summary>
    public HttpRequestMessage Request(string task, string text)
    {
        // What runs is waited for, so that an answer does not depend on how far it is.
        RouteAccess access = Route switch
        {
            Commit => RouteTable.All[Route] with { Path = "/api/v1/sessions/{session_id}/commit?wait=60" },
            Digest => RouteTable.All[Route] with { Path = $"{Digest[5..]}?wait=60" },
            "POST /api/v1/system/wait" => RouteTable.All[Route] with { Body = """{"timeout":60}""" },
            _ => RouteTable.All[Route],
        };
        HttpRequestMessage request = access.Request(Route, Values with { Task = task, Text = text });
        if (Key is not null)
        {
            request.Headers.Add("Idempotency-Key", Key);
        }

        return request;
    }

    public override string ToString() => $"{Route} with {Values}, {Key}, {NamesForeignTask}";

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
