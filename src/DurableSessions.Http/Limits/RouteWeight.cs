using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Limits;

/// <summary>
/// Metadata of an endpoint: how many storage requests one request to it may cause, rounded up. A storage request that reads more than
/// 1 MiB counts once for each MiB. An endpoint without it weighs 1.
/// </summary>
/// <remarks>
/// What depends on how much there is, and not on the request alone, is no part of the weight: it is taken while the request is executed,
/// by <see cref="RequestCost"/>.
/// </remarks>
internal sealed class RouteWeight(Func<IQueryCollection, int> of)
{
    /// <summary>The weight of a request: of its endpoint and its query; 1 to any number.</summary>
    public static int Of(HttpContext http) =>
        http.GetEndpoint()?.Metadata.GetMetadata<RouteWeight>()?.Of(http.Request.Query) ?? 1;

    /// <summary>The weight of a request with a query.</summary>
    public int Of(IQueryCollection query) => of(query);
}

/// <summary>Gives routes their weights.</summary>
internal static class RouteWeights
{
    /// <summary>The same weight for each request.</summary>
    public static TBuilder WithWeight<TBuilder>(this TBuilder route, int weight)
        where TBuilder : IEndpointConventionBuilder => route.WithWeight(_ => weight);

    /// <summary>A weight that depends on parameters of the query, each of which has a bound.</summary>
    public static TBuilder WithWeight<TBuilder>(this TBuilder route, Func<IQueryCollection, int> weight)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RouteWeight(weight));

    /// <summary>
    /// A number of the query as far as the weight needs it: within its bounds, and <paramref name="otherwise"/> where it is absent or no
    /// number. That it is not valid is the endpoint's to say.
    /// </summary>
    public static int Number(this IQueryCollection query, string name, int max, int otherwise) =>
        int.TryParse(query[name].ToString(), out int number) ? Math.Clamp(number, 1, max) : otherwise;
}
