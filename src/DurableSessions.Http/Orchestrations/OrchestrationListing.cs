using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Orchestrations;

/// <summary>
/// Lists instances, page by page. A page may hold fewer instances than <c>top</c>, or none, and still have a next page: the number of
/// instances that are read for one page is bounded. A continuation token of another query is accepted, and continues from its place.
/// </summary>
internal static class OrchestrationListing
{
    /// <summary>The most instances in one page.</summary>
    public const int MaxPage = 1_000;

    /// <summary>The instances in one page of a request that says nothing of it.</summary>
    public const int DefaultPage = 100;

    /// <summary>The listings of 1,000 for one page, at most 2 MiB each.</summary>
    public const int MaxListings = 8;

    private const string TokenHeader = "x-ms-continuation-token";
    private const int MaxPrefixLength = 256;

    // Statuses of Durable Functions that no instance of this service has.
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

    private static async Task<OrchestrationPage> PageAsync(
        OrchestrationClient client, OrchestrationQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await client.ListInstancesAsync(query, cancellationToken);
        }
        catch (Exception e) when (
            query.ContinuationToken is not null && e is ArgumentException or Azure.RequestFailedException { Status: 400 })
        {
            throw ApiException.Invalid(Location.Header(TokenHeader), "must be the token of the page before.");
        }
    }

    // Null: all statuses. Empty: only statuses that no instance has.
    private static List<OrchestrationRuntimeStatus>? Statuses(StringValues values)
    {
        const StringSplitOptions Split = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        string[] names = [.. values.SelectMany(static v => (v ?? "").Split(',', Split))];
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
                throw ApiException.Invalid(
                    Location.Query("runtimeStatus"), $"must be of {string.Join(", ", known.Concat(UnusedStatuses))}.", "literal_error");
            }
        }

        return statuses;
    }
}
