using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.Http.Envelope;

/// <summary>
/// Server-sent events of one response. Each is sent when the client has taken the one before: none is held in memory. A comment follows
/// whenever none has come for <see cref="Heartbeat"/>. After a time, and when the host stops, the response ends, and a client connects
/// again.
/// </summary>
internal sealed class EventStream
{
    /// <summary>The content type of the response.</summary>
    public const string ContentType = "text/event-stream";

    /// <summary>Between two comments, so that no proxy takes the connection for a dead one.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private readonly HttpContext _http;
    private readonly TimeProvider _time;
    private readonly CancellationToken _ended;

    private EventStream(HttpContext http, TimeProvider time, CancellationToken ended) => (_http, _time, _ended) = (http, time, ended);

    /// <summary>Sends events until <paramref name="send"/> has no more, the time is over, or the host stops.</summary>
    /// <param name="http">The request.</param>
    /// <param name="time">The clock.</param>
    /// <param name="longest">How long the response goes on.</param>
    /// <param name="retry">After which a client connects again.</param>
    /// <param name="send">Sends them.</param>
    public static async Task RunAsync(
        HttpContext http, TimeProvider time, TimeSpan longest, TimeSpan retry, Func<EventStream, Task> send)
    {
        using var limit = new CancellationTokenSource(longest, time);
        CancellationToken stops = http.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stops, http.RequestAborted);
        http.Response.ContentType = ContentType;
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        var stream = new EventStream(http, time, either.Token);
        try
        {
            await stream.SendAsync(string.Create(CultureInfo.InvariantCulture, $"retry: {retry.TotalMilliseconds}\n\n"));
            await send(stream);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            // The client connects again.
        }
    }

    /// <summary>Waits for what the next event is of, and sends a comment whenever it takes longer.</summary>
    /// <param name="wait">Waits.</param>
    public async Task<T> NextAsync<T>(Func<CancellationToken, Task<T>> wait)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(_ended);
        using var beats = new PeriodicTimer(Heartbeat, _time);
        Task<T> next = wait(left.Token);
        try
        {
            Task<bool> beat = beats.WaitForNextTickAsync(left.Token).AsTask();
            while (await Task.WhenAny(next, beat) == beat)
            {
                await beat;
                await SendAsync(":\n\n");
                beat = beats.WaitForNextTickAsync(left.Token).AsTask();
            }

            return await next;
        }
        finally
        {
            // Where a client has gone, the wait has to end before the request does.
            await left.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Sends an event as it is on the wire.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc cref="SendAsync(string)"/>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _http.Response.Body.WriteAsync(bytes, _http.RequestAborted);
        await _http.Response.Body.FlushAsync(_http.RequestAborted);
    }
}
