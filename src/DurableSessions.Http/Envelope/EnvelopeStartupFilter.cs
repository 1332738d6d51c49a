using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// Puts the envelope middleware around the whole pipeline of a web host, its host filtering too, which answers before any middleware of the
/// application runs.
/// </summary>
internal sealed class EnvelopeStartupFilter : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.UseMiddleware<EnvelopeMiddleware>();
        next(app);
    };
}
