using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Callers;

/// <summary>Asks the host's <see cref="ICallerSource"/> about every request, on every path, before anything of it is executed.</summary>
internal sealed class AdmissionMiddleware(RequestDelegate next, ICallerSource callers)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await callers.AdmitAsync(context);
        await next(context);
    }
}
