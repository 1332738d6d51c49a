using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DurableSessions.Http.Callers;

/// <summary>
/// Metadata of an endpoint that only reads although its method is not GET or HEAD: a read-only key opens it. What an endpoint without it
/// takes by another method than GET and HEAD is closed to read-only keys.
/// </summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class OnlyReadsAttribute : Attribute
{
    /// <summary>
    /// Whether some requests to it change something all the same, and are refused to read-only keys by the endpoint itself. Such a request
    /// does not end in the middle where its key ends.
    /// </summary>
    public bool MayChange { get; init; }

    /// <summary>Whether an endpoint only reads; false for no endpoint, and for one that is mapped without methods.</summary>
    internal static bool IsOn(Endpoint? endpoint) => endpoint is not null
        && (endpoint.Metadata.GetMetadata<OnlyReadsAttribute>() is not null
            || (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is { HttpMethods: { Count: > 0 } methods }
                && methods.All(static method => HttpMethods.IsGet(method) || HttpMethods.IsHead(method))));

    /// <summary>Whether a request to an endpoint changes nothing for sure, so that it may end at any moment.</summary>
    internal static bool NeverChanges(Endpoint? endpoint) =>
        IsOn(endpoint) && endpoint!.Metadata.GetMetadata<OnlyReadsAttribute>() is not { MayChange: true };
}
