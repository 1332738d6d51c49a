using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Callers;

/// <summary>The operator of the service. A route handler with this parameter requires an operator's key.</summary>
public sealed record Operator
{
    private static readonly Operator Known = new();

    private Operator()
    {
    }

    /// <summary>Authorizes the request by the host's <see cref="ICallerSource"/>.</summary>
    public static async ValueTask<Operator> BindAsync(HttpContext context)
    {
        await context.RequestServices.GetRequiredService<ICallerSource>().RequireOperatorAsync(context);
        context.Features.Set(Known);
        return Known;
    }
}
