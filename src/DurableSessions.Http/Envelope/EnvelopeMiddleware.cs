using System.Globalization;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// The outermost middleware: gives each request an id and each response its headers, and answers every exception, on every path, with an
/// error response of the API.
/// </summary>
internal sealed class EnvelopeMiddleware(
    RequestDelegate next, TimeProvider time, IOptions<HttpLimits> limits, RequestAudit audit, ILogger<EnvelopeMiddleware> logger,
    IBrowserPages? pages = null)
{
    public async Task InvokeAsync(HttpContext context)
    {
        long started = time.GetTimestamp();
        (string requestId, bool isValid) = RequestId.Of(context.Request);
        context.TraceIdentifier = requestId;

        // A host that has failed may have begun its answer.
        if (!context.Response.HasStarted)
        {
            context.Response.OnStarting(() =>
            {
                CachingHeaders.Set(context.Response.Headers);
                context.Response.Headers[RequestId.Header] = requestId;
                context.Response.Headers["X-Process-Time"] =
                    time.GetElapsedTime(started).TotalSeconds.ToString("F6", CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
        }

        using IDisposable? scope = Log.BeginRequestScope(logger, requestId);
        try
        {
            if (!isValid)
            {
                throw ApiException.Invalid(
                    Location.Header(RequestId.Header), "must be given once, as 1 to 128 characters of A-Z a-z 0-9 . _ : -");
            }

            CheckHeaders(context.Request);
            RequestTarget.Check(context);
            await next(context);
            await WriteStatusErrorAsync(context);
        }
        catch (Exception e) when (RequestKey.HasEnded(context) && (e is OperationCanceledException || context.Response.HasStarted))
        {
            await WriteErrorAsync(context, new ApiException(RequestKey.TakeError(context)), requestId);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has closed the connection. A commit that was accepted goes on.
            context.Response.StatusCode = context.Response.HasStarted
                ? context.Response.StatusCode
                : StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception e)
        {
            await WriteErrorAsync(context, e, requestId);
        }
        finally
        {
            audit.Answered(context);
        }
    }

    private void CheckHeaders(HttpRequest request)
    {
        long bytes = request.Headers.Sum(static h => h.Value.Sum(v => (long)h.Key.Length + (v?.Length ?? 0) + 4));
        if (bytes > limits.Value.HeaderBytes)
        {
            throw ApiException.Invalid(
                new Location(null, "header"), $"all headers together must be at most {limits.Value.HeaderBytes} bytes.", "too_long");
        }
    }

    // Routing answers an unknown path or method with a status and no body, and host filtering, before it, an unknown host.
    private Task WriteStatusErrorAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted || response.StatusCode < 400 || response.ContentType is not null || response.ContentLength is > 0)
        {
            return Task.CompletedTask;
        }

        return SendErrorAsync(context, response.StatusCode switch
        {
            StatusCodes.Status400BadRequest when context.GetEndpoint() is null => ApiError.InvalidArgument(
                Location.Header("Host"), "is not in the setting AllowedHosts.", "value_error"),
            StatusCodes.Status404NotFound => ApiError.NotFound("There is no such path."),
            StatusCodes.Status405MethodNotAllowed => ApiError.MethodNotAllowed(context.Request.Method),
            int status => new ApiError(status, status >= 500 ? "INTERNAL" : "UNKNOWN", $"HTTP status {status}."),
        });
    }

    private async Task WriteErrorAsync(HttpContext context, Exception exception, string requestId)
    {
        ApiError error = ErrorTranslation.Of(exception, requestId);
        audit.Refused(context, error);
        Log.ServiceFailed(logger, exception, context.Request.Method, context.Request.Path.Value ?? "", error, requestId);

        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        await SendErrorAsync(context, error);
    }

    private Task SendErrorAsync(HttpContext context, ApiError error) => pages?.Has(context) == true
        ? pages.SendErrorAsync(context, error)
        : EnvelopeResult.SendErrorAsync(context, error);
}
