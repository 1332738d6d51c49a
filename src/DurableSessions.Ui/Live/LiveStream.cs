using DurableSessions.Http.Envelope;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Ui.Live;

/// <summary>
/// The server-sent events of a page: one for each change of what it shows, so that its script loads it again. It ends after five minutes,
/// and the browser comes back; and with the key of its viewer, and where the host stops, as every request does.
/// </summary>
/// <param name="topic">What is looked at.</param>
/// <param name="read">Reads what is another text after each change.</param>
internal sealed class LiveStream(string topic, Func<CancellationToken, Task<string>> read) : IResult
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(2);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        IServiceProvider services = httpContext.RequestServices;
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        using IDisposable wait = services.GetRequiredService<OpenWaits>().Begin(httpContext);
        using LiveTopics.Viewing viewing = services.GetRequiredService<LiveTopics>().Join(topic, read);
        httpContext.Response.Headers.CacheControl = "no-store";
        await EventStream.RunAsync(httpContext, time, s_longest, s_retry, async stream =>
        {
            string? seen = httpContext.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : null;
            while (true)
            {
                string? before = seen;
                seen = await stream.NextAsync(ended => viewing.NextAsync(before, ended));
                await stream.SendAsync($"id: {seen}\nevent: changed\ndata: {seen}\n\n");
            }
        });
    }
}
