using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Server.Tests.Telemetry;

/// <summary>What hosts export their spans to, by OTLP over HTTP.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<ExportedSpan> _spans = [];
    private readonly WebApplication _app;
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private OtlpCollector(WebApplication app) => _app = app;

    public string Endpoint => _app.Urls.Single();

    public static async Task<OtlpCollector> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector._app.MapPost("/v1/traces", collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Waits until spans that were exported are as expected.</summary>
    public async Task<ExportedSpan[]> WaitAsync(Func<ExportedSpan[], bool> expected, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task came;
            ExportedSpan[] spans;
            lock (_lock)
            {
                came = _came.Task;
                spans = [.. _spans];
            }

            if (expected(spans))
            {
                return spans;
            }

            await came.WaitAsync(cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        TaskCompletionSource came;
        lock (_lock)
        {
            _spans.AddRange(ExportedSpan.Read(body.ToArray()));
            came = _came;
            _came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        came.SetResult();
    }
}
