using System.Globalization;
using DurableSessions.Core;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using DurableSessions.Orchestration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Endpoints;

/// <summary>
/// The state of the process. <c>/health</c> and <c>/ready</c> are for probes: they need no key, and only their errors have an envelope.
/// </summary>
internal static class SystemEndpoints
{
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(5);
    private static readonly OrchestrationQuery AnyInstance = new() { PageSize = 1 };

    public static void MapSystem(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health", HealthAsync);
        endpoints.MapGet("/ready", ReadyAsync);
        endpoints.MapGet("/api/v1/system/status", Status);
        endpoints.MapPost("/api/v1/system/wait", WaitAsync).WithMetadata(new OnlyReadsAttribute());
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

    private static async Task ReadyAsync(
        HttpContext http, SessionStorage storage, OrchestrationClient engine, TimeProvider time, ILogger<SessionProbe> logger)
    {
        bool[] ready = await Task.WhenAll(
            IsReadyAsync("storage", token => storage.Container.ExistsAsync(token), time, logger, http.RequestAborted),
            IsReadyAsync("engine", token => engine.ListInstancesAsync(AnyInstance, token), time, logger, http.RequestAborted));
        bool all = ready.All(static r => r);
        http.Response.StatusCode = all ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await EnvelopeResult.SendAsync(http, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", all ? "ready" : "not_ready");
            json.WriteStartObject("checks");
            json.WriteString("storage", Word(ready[0]));
            json.WriteString("engine", Word(ready[1]));
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static EnvelopeResult Status(Caller caller) => new(json =>
    {
        json.WriteStartObject();
        json.WriteBoolean("initialized", true);
        json.WriteString("user", caller.User);
        json.WriteEndObject();
    });

    // The server bounds the wait: a longer timeout than MaxWaitSeconds is read as that.
    private static async Task<IResult> WaitAsync(HttpContext http, Caller caller, SessionStore store, TimeProvider time)
    {
        using JsonBody body = await JsonBody.ReadOptionalAsync(http);
        TelemetryField.Check(body.Root);
        TimeSpan atMost = TimeSpan.FromSeconds(body.Root["timeout"] is { IsSet: true } timeout
            ? timeout.Number(0, RequestLimits.MaxWaitSeconds)
            : RequestLimits.MaxWaitSeconds);
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

    private static string Word(bool isReady) => isReady ? "ok" : "unavailable";

    private static async Task<bool> IsReadyAsync(
        string name, Func<CancellationToken, Task> check, TimeProvider time, ILogger logger, CancellationToken aborted)
    {
        using var limit = new CancellationTokenSource(CheckTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        try
        {
            await check(either.Token).WaitAsync(either.Token);
            return true;
        }
        catch (Exception e) when (!aborted.IsCancellationRequested)
        {
            Log.NotReady(logger, e, name);
            return false;
        }
    }

    /// <summary>The log category of readiness checks.</summary>
    internal sealed class SessionProbe;
}
