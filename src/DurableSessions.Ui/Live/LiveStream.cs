using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(15);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        IServiceProvider services = httpContext.RequestServices;
        TimeProvider time = services.GetRequiredService<TimeProvider>();
        using IDisposable wait = services.GetRequiredService<OpenWaits>().Begin(httpContext);
        using LiveTopics.Viewing viewing = services.GetRequiredService<LiveTopics>().Join(topic, read);
        using var limit = new CancellationTokenSource(s_longest, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, httpContext.RequestAborted);
        HttpResponse response = httpContext.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.WriteAsync("retry: 2000\n\n", end.Token);
        await response.Body.FlushAsync(end.Token);
        string? seen = httpContext.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : null;
        try
        {
            while (true)
            {
                Task<string> next = viewing.NextAsync(seen, end.Token);
                while (await Task.WhenAny(next, Task.Delay(s_heartbeat, time, end.Token)) != next)
                {
                    end.Token.ThrowIfCancellationRequested();
                    await response.WriteAsync(":\n\n", end.Token);
                    await response.Body.FlushAsync(end.Token);
                }

                seen = await next;
                await response.WriteAsync($"id: {seen}\nevent: changed\ndata: {seen}\n\n", end.Token);
                await response.Body.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
    }
}
