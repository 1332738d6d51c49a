using DurableSessions.Http.Callers;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Http.Audit;

/// <summary>Writes to the audit log which requests are refused, and what operators change.</summary>
/// <remarks>
/// With keys the rate limiter bounds the refusals of each address and of each key. Without keys it limits nothing, so that a bound of
/// entries a minute holds here, for all clients together: all of them are on this machine, or refused.
/// </remarks>
internal sealed class RequestAudit(ILoggerFactory loggers, ICallerSource callers, TimeProvider time)
{
    /// <summary>The most entries of refused requests a minute, without keys.</summary>
    public const int MaxRefusals = 60;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ILogger _log = loggers.CreateLogger(KeyAudit.Category);
    private readonly Lock _gate = new();
    private long _since = time.GetTimestamp();
    private int _written;
    private int _omitted;

    /// <summary>Notes a request that ends with this error, where it is a refusal.</summary>
    public void Refused(HttpContext context, ApiError error)
    {
        if (error.Refusal is not { } why || !MayWrite())
        {
            return;
        }

        HttpRequest request = context.Request;
        string? id = PresentedKey.Of(request) is { } text ? KeyText.IdOf(text) : null;
        string method = AuditText.Of(request.Method);
        string path = AuditText.Of(request.Path.Value ?? "");
        string address = context.Connection.RemoteIpAddress?.ToString() ?? "local";
        string requestId = AuditText.Of(context.TraceIdentifier);
        Log.RequestRefused(_log, why, method, path, address, id ?? "none", requestId);
    }

    /// <summary>Notes a request that has been answered, where an operator has changed something by it, or has tried to.</summary>
    public void Answered(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<OperatorAction>() is not { } action || context.Features.Get<Operator>() is null)
        {
            return;
        }

        ApiKey? key = context.Features.Get<RequestKey>()?.Key;
        string instance = AuditText.Of(context.GetRouteValue("instance_id")?.ToString() ?? "");
        string requestId = AuditText.Of(context.TraceIdentifier);
        Log.OperatorActed(_log, action.Name, instance, key?.Id ?? "none", key?.Name, context.Response.StatusCode, requestId);
    }

    private bool MayWrite()
    {
        if (callers.AuthMode != DevCallerSource.Mode)
        {
            return true;
        }

        lock (_gate)
        {
            if (time.GetElapsedTime(_since) >= Window)
            {
                if (_omitted > 0)
                {
                    Log.RefusalsOmitted(_log, _omitted);
                }

                (_since, _written, _omitted) = (time.GetTimestamp(), 0, 0);
            }

            if (_written < MaxRefusals)
            {
                _written++;
                return true;
            }

            if (_omitted++ == 0)
            {
                Log.RefusalsCounted(_log, MaxRefusals);
            }

            return false;
        }
    }
}
