using System.Text.Json;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Orchestrations;

/// <summary>
/// The HTTP API of Durable Functions for instances: the same paths, statuses, headers and bodies, so that these responses have no
/// envelope. Errors have one, where Durable Functions sends no body.
/// </summary>
internal static class OrchestrationEndpoints
{
    private const int PollAfterSeconds = 5;
    private const int MaxReasonLength = 4_096;
    private const int MaxEventNameLength = 256;

    public static void MapOrchestrations(this IEndpointRouteBuilder instances)
    {
        instances.MapGet("/", (HttpContext http, Operator _, OrchestrationClient client) => OrchestrationListing.ListAsync(http, client))
            .WithWeight(static query =>
                OrchestrationListing.MaxListings
                + (2 * query.Number("top", OrchestrationListing.MaxPage, otherwise: OrchestrationListing.DefaultPage)));
        instances.MapGet("/{instance_id}", (HttpContext http, Operator _, OrchestrationClient client, string instance_id) =>
            GetAsync(http, client, Check(instance_id))).WithWeight(4);
        instances.MapDelete("/{instance_id}", (HttpContext http, Operator _, OrchestrationClient client, string instance_id) =>
            PurgeAsync(http, client, Check(instance_id))).WithMetadata(new OperatorAction("purge")).WithWeight(8);
        instances.MapPost(
            "/{instance_id}/raiseEvent/{event_name}",
            (HttpContext http, Operator _, OrchestrationClient client, string instance_id, string event_name) =>
                RaiseEventAsync(http, client, Check(instance_id), event_name)).WithMetadata(new OperatorAction("raiseEvent")).WithWeight(8);
        MapControl("terminate", static (c, id, reason, token) => c.TerminateInstanceAsync(id, reason, token));
        MapControl("suspend", static (c, id, reason, token) => c.SuspendInstanceAsync(id, reason, token));
        MapControl("resume", static (c, id, reason, token) => c.ResumeInstanceAsync(id, reason, token));

        void MapControl(string name, Func<OrchestrationClient, string, string?, CancellationToken, Task> control) =>
            instances.MapPost(
                "/{instance_id}/" + name,
                async (HttpContext http, Operator _, OrchestrationClient client, string instance_id) =>
                {
                    string? reason = Query.Text(http, "reason", MaxReasonLength);
                    await FindRunningAsync(http, client, Check(instance_id));
                    await control(client, instance_id, reason, http.RequestAborted);
                    return Results.StatusCode(StatusCodes.Status202Accepted);
                }).WithMetadata(new OperatorAction(name)).WithWeight(8);
    }

    private static async Task GetAsync(HttpContext http, OrchestrationClient client, string id)
    {
        bool showHistory = Query.Boolean(http, "showHistory");
        bool showOutput = Query.Boolean(http, "showHistoryOutput");
        bool showInput = Query.Boolean(http, "showInput", otherwise: true);
        bool failedIsError = Query.Boolean(http, "returnInternalServerErrorOnFailure");
        OrchestrationMetadata instance = await FindAsync(http, client, id);
        IReadOnlyList<OrchestrationHistoryEvent>? history = showHistory ? await client.GetHistoryAsync(id, http.RequestAborted) : null;
        if (!instance.IsCompleted)
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            http.Response.Headers.Location = http.Request.GetEncodedUrl();
            http.Response.Headers.RetryAfter = $"{PollAfterSeconds}";
        }
        else if (failedIsError && instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed)
        {
            http.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        await EnvelopeResult.SendAsync(http, json => OrchestrationJsonWriter.Write(json, instance, showInput, history, showOutput));
    }

    private static async Task PurgeAsync(HttpContext http, OrchestrationClient client, string id)
    {
        await FindAsync(http, client, id);
        bool purged = await client.PurgeInstanceAsync(id, http.RequestAborted);
        await EnvelopeResult.SendAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("instancesDeleted", purged ? 1 : 0);
            json.WriteEndObject();
        });
    }

    private static async Task<IResult> RaiseEventAsync(HttpContext http, OrchestrationClient client, string id, string name)
    {
        if (name.Length > MaxEventNameLength || name.Any(char.IsControl))
        {
            throw ApiException.Invalid(
                Location.Path("event_name"), $"must be 1 to {MaxEventNameLength} characters, without control characters.", "string_length");
        }

        using JsonDocument payload = await JsonBody.ReadValueAsync(http, RequestLimits.MaxEventBytes);
        await FindRunningAsync(http, client, id);
        return await client.RaiseEventAsync(id, name, payload.RootElement, http.RequestAborted)
            ? Results.StatusCode(StatusCodes.Status202Accepted)
            : throw Ended(id);
    }

    private static async Task<OrchestrationMetadata> FindAsync(HttpContext http, OrchestrationClient client, string id) =>
        await client.GetInstanceAsync(id, http.RequestAborted) ?? throw new OrchestrationNotFoundException(id);

    private static async Task FindRunningAsync(HttpContext http, OrchestrationClient client, string id)
    {
        if ((await FindAsync(http, client, id)).IsCompleted)
        {
            throw Ended(id);
        }
    }

    private static ApiException Ended(string id) => new(ApiError.Gone($"Orchestration instance '{id}' has ended."));

    private static string Check(string id) => OrchestrationInstanceIds.IsValid(id)
        ? id
        : throw ApiException.Invalid(
            Location.Path("instance_id"), "an instance's id is 1 to 256 characters of A-Z a-z 0-9 - _ . @", "id_format");
}
