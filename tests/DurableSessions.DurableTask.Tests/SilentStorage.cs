using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.DurableTask.Tests;

/// <summary>Storage that accepts connections and answers none of their requests, or that for the container alone.</summary>
internal sealed class SilentStorage(WebApplication server, Func<int> answered) : IAsyncDisposable
{
    public int Port => new Uri(server.Urls.Single()).Port;

    /// <summary>Requests that were answered.</summary>
    public int Answered => answered();

    public static async Task<SilentStorage> StartAsync(bool hasContainer)
    {
        int count = 0;
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication server = builder.Build();
        server.Run(async http =>
        {
            if (hasContainer && http.Request.Query["restype"] == "container" && !http.Request.Query.ContainsKey("comp"))
            {
                Interlocked.Increment(ref count);
                http.Response.Headers.ETag = "\"1\"";
                http.Response.Headers.LastModified = "Sun, 29 Nov 2026 09:00:00 GMT";
                return;
            }

            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        await server.StartAsync();
        return new SilentStorage(server, () => Volatile.Read(ref count));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await server.StopAsync(now.Token);
        await server.DisposeAsync();
    }
}
