using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// The door of a host's pages, where it has some. It is made when the host begins to serve, and not while it is put together: what it asks
/// for is open then.
/// </summary>
internal sealed class BrowserPagesMiddleware(RequestDelegate next, IBrowserPages? pages = null)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (pages?.Has(context) == true)
        {
            pages.Enter(context);
        }

        return next(context);
    }
}
