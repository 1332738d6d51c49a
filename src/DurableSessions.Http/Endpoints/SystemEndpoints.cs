using System.Globalization;
using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Semantics;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// The state of the process. <c>/health</c> and <c>/ready</c> are for probes: they need no key, and only their errors have an envelope.
/// </summary>
internal static class SystemEndpoints
{
    public static void MapSystem(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health", HealthAsync).WithWeight(1).WithMetadata(new AnsweredUnderLoad());
        endpoints.MapGet("/ready", ReadyAsync).WithWeight(3).WithMetadata(new AnsweredUnderLoad());
        endpoints.MapGet("/api/v1/system/status", Status).WithWeight(1).WithMetadata(new AnsweredUnderLoad());
        endpoints.MapPost("/api/v1/system/wait", WaitAsync).WithWeight(100).WithMetadata(new OnlyReadsAttribute());
    }

    // A plugin calls this before it sends its turns, and drops turns that are refused later: an invalid key must be refused here.
    private static async Task HealthAsync(HttpContext http, DurableSessionsHttpOptions options, ICallerSource callers)
    {
        await callers.RejectInvalidKeyAsync(http);
        await EnvelopeResult.SendAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "ok");
            json.WriteBoolean("healthy", true);
            json.WriteString("version", options.Version);
            json.WriteString("auth_mode", callers.AuthMode);
            json.WriteEndObject();
        });
    }

    private static async Task ReadyAsync(HttpContext http, Readiness readiness, [FromServices] IModelStatus? model)
    {
        Readiness.Answer ready = await readiness.AskAsync(http.RequestAborted);
        bool all = ready is { Storage: true, Engine: true };
        http.Response.StatusCode = all ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await EnvelopeResult.SendAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", all ? "ready" : "not_ready");
            json.WriteStartObject("checks");
            json.WriteString("storage", Word(ready.Storage));
            json.WriteString("engine", Word(ready.Engine));
            WriteModel(json, model);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static EnvelopeResult Status(Caller caller, [FromServices] IModelStatus? model) => new(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("initialized", true);
        json.WriteString("user", caller.User);
        json.WriteString("account", caller.Account);
        WriteModel(json, model);
        json.WriteEndObject();
    });

    // The server bounds the wait: a longer timeout than MaxWaitSeconds is read as that.
    private static async Task<IResult> WaitAsync(
        HttpContext http, Caller caller, SessionStore store, TimeProvider time, OpenWaits waits)
    {
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        TelemetryField.Check(body.Root);
        TimeSpan atMost = TimeSpan.FromSeconds(body.Root["timeout"] is { IsSet: true } timeout
            ? timeout.Number(0, RequestLimits.MaxWaitSeconds)
            : RequestLimits.MaxWaitSeconds);
        using IDisposable wait = waits.Begin(http);
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, http.RequestAborted);
        try
        {
            await store.Tasks.WaitForAllAsync(caller.Owner, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new ApiException(ApiError.DeadlineExceeded(
                string.Create(CultureInfo.InvariantCulture, $"Commits are still running after {atMost.TotalSeconds} s; they go on."),
                "user",
                caller.User));
        }

        return new EnvelopeResult(static json =>
        {
            json.WriteStartObject();
            json.WriteNumber("commits_running", 0);
            json.WriteEndObject();
        });
    }

    // Of a host that has one. It is ready all the same while that is away.
    private static void WriteModel(Utf8JsonWriter json, IModelStatus? model)
    {
        if (model is not null)
        {
            json.WriteString("model", model.IsAway ? "away" : "ok");
        }
    }

    private static string Word(bool isReady) => isReady ? "ok" : "unavailable";
}
