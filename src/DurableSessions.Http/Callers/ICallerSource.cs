using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Callers;

/// <summary>Knows who sends a request.</summary>
public interface ICallerSource
{
    /// <summary>How callers prove who they are, as <c>/health</c> tells it: <c>dev</c>, <c>api_key</c>.</summary>
    string AuthMode { get; }

    /// <summary>The caller. One that is not known ends the request with an error.</summary>
    ValueTask<Caller> IdentifyAsync(HttpContext context);

    /// <summary>
    /// Ends the request with an error where it presents a key that is wrong; one that presents none is let through, and so is any while
    /// storage cannot say which keys are right.
    /// </summary>
    ValueTask RejectInvalidKeyAsync(HttpContext context);

    /// <summary>Ends the request with an error unless an operator sends it.</summary>
    ValueTask RequireOperatorAsync(HttpContext context);
}
