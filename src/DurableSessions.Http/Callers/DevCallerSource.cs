using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace DurableSessions.Http.Callers;

/// <summary>
/// Takes the caller from the headers <c>X-OpenViking-Account</c> and <c>X-OpenViking-User</c>, <c>default</c> where they are absent,
/// without authentication. Only for a server that listens on a loopback address, and for requests that <see cref="LocalRequest"/> lets in.
/// </summary>
internal sealed class DevCallerSource : ICallerSource
{
    /// <summary>The mode of a host that knows callers by no keys.</summary>
    public const string Mode = "dev";

    private const string DefaultId = "default";

    public string AuthMode => Mode;

    public ValueTask AdmitAsync(HttpContext context) => LocalRequest.Refusal(context.Request) is { } refusal
        ? ValueTask.FromException(new ApiException(refusal))
        : ValueTask.CompletedTask;

    public ValueTask<Caller> IdentifyAsync(HttpContext context) =>
        ValueTask.FromResult(new Caller(Id(context, "X-OpenViking-Account"), Id(context, "X-OpenViking-User")));

    public ValueTask RejectInvalidKeyAsync(HttpContext context) => ValueTask.CompletedTask;

    public ValueTask RequireOperatorAsync(HttpContext context) => ValueTask.CompletedTask;

    private static string Id(HttpContext context, string header)
    {
        StringValues values = context.Request.Headers[header];
        return StringValues.IsNullOrEmpty(values) ? DefaultId : Ids.Check(values.ToString(), Location.Header(header));
    }
}
