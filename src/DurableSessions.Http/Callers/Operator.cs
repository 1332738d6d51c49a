using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Http.Callers;

/// <summary>Whoever runs the service. A handler that takes one answers nobody else.</summary>
public sealed record Operator
{
    private static readonly Operator Known = new();

    private Operator()
    {
    }

    /// <summary>Asks the host's <see cref="ICallerSource"/>.</summary>
    public static async ValueTask<Operator> BindAsync(HttpContext context)
    {
        await context.RequestServices.GetRequiredService<ICallerSource>().RequireOperatorAsync(context);
        return Known;
    }
}
