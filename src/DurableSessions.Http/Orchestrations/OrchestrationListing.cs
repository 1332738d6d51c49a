using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Orchestrations;

/// <summary>
/// Lists instances, page by page. A page is full where there are enough of them, unless so few fit the query that looking further would
/// cost too much: then it may hold fewer, or none, and still have a next one. A token that is sent back with another query is taken,
/// and goes on from its place.
/// </summary>
internal static class OrchestrationListing
{
    private const string TokenHeader = "x-ms-continuation-token";
    private const int MaxPage = 1_000;
    private const int DefaultPage = 100;
    private const int MaxPrefixLength = 256;

    // Durable Functions knows these too; no instance here ever has them.
    private static readonly string[] UnusedStatuses = ["ContinuedAsNew", "Canceled"];

    public static async Task ListAsync(HttpContext http, OrchestrationClient client)
    {
        bool showInput = Query.Boolean(http, "showInput");
        List<OrchestrationRuntimeStatus>? statuses = Statuses(http.Request.Query["runtimeStatus"]);
        var query = new OrchestrationQuery
        {
            Statuses = statuses ?? [],
            CreatedFrom = Query.Time(http, "createdTimeFrom"),
            CreatedTo = Query.Time(http, "createdTimeTo"),
            InstanceIdPrefix = Query.Text(http, "instanceIdPrefix", MaxPrefixLength),
            PageSize = Query.Integer(http, "top", 1, MaxPage, otherwise: DefaultPage),
            ContinuationToken = http.Request.Headers[TokenHeader].ToString() is { Length: > 0 } token ? token : null,
            FetchInputsAndOutputs = true,
        };
        OrchestrationPage page = statuses is [] ? new OrchestrationPage([], null) : await PageAsync(client, query, http.RequestAborted);
        if (page.ContinuationToken is { } next)
        {
            http.Response.Headers[TokenHeader] = next;
        }

        await EnvelopeResult.SendAsync(http, json =>
        {
            json.WriteStartArray();
            foreach (OrchestrationMetadata instance in page.Values)
            {
                OrchestrationJsonWriter.Write(json, instance, showInput, history: null, showOutput: false);
            }

            json.WriteEndArray();
        });
    }

    private static async Task<OrchestrationPage> PageAsync(OrchestrationClient client, OrchestrationQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ListInstancesAsync(query, cancellationToken);
        }
        catch (Exception e) when (query.ContinuationToken is not null && e is ArgumentException or Azure.RequestFailedException { Status: 400 })
        {
            throw ApiException.Invalid(Location.Header(TokenHeader), "must be what the page before said.");
        }
    }

    // Null: all of them. None: only such as are never here.
    private static List<OrchestrationRuntimeStatus>? Statuses(StringValues values)
    {
        string[] names = [.. values.SelectMany(static v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        if (names.Length == 0)
        {
            return null;
        }

        List<OrchestrationRuntimeStatus> statuses = [];
        string[] known = Enum.GetNames<OrchestrationRuntimeStatus>();
        foreach (string name in names)
        {
            if (known.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                statuses.Add(Enum.Parse<OrchestrationRuntimeStatus>(name, ignoreCase: true));
            }
            else if (!UnusedStatuses.Contains(name, StringComparer.OrdinalIgnoreCase))
            {
                throw ApiException.Invalid(Location.Query("runtimeStatus"), $"must be of {string.Join(", ", known.Concat(UnusedStatuses))}.", "literal_error");
            }
        }

        return statuses;
    }
}
