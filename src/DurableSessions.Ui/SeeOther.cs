using Microsoft.AspNetCore.Http;

namespace DurableSessions.Ui;

/// <summary>Leads a browser to a page, by GET, after a change.</summary>
/// <param name="address">An address of this host, with its path base.</param>
internal sealed class SeeOther(string address) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = address;
        return Task.CompletedTask;
    }
}
