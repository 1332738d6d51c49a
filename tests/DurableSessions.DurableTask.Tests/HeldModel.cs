using System.Collections.Concurrent;
using System.Text.Json;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// A chat model that answers every question with the same digest, and none before it is released; so does a collector of telemetry that
/// is at the same address.
/// </summary>
internal sealed class HeldModel : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<string> _paths = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HeldModel()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    public string Collector => _server.Urls.Single();

    public string Endpoint => $"{Collector}/v1";

    /// <summary>Of the requests that have come.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    /// <summary>The first question has come.</summary>
    public Task Asked => _asked.Task;

    public static async Task<HeldModel> StartAsync()
    {
        var model = new HeldModel();
        await model._server.StartAsync();
        return model;
    }

    public void Release() => _released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        _paths.Enqueue(http.Request.Path);
        if (http.Request.Path == "/v1/chat/completions")
        {
            _asked.TrySetResult();
        }

        await _released.Task.WaitAsync(http.RequestAborted);
        string digest = JsonSerializer.Serialize(
            new { @abstract = "An abstract", overview = "# An overview", memories = Array.Empty<int>() });
        await http.Response.WriteAsJsonAsync(ChatCompletion.Of(digest));
    }
}
