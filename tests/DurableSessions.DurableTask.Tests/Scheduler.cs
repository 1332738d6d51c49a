using global::DurableTask.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DurableSessions.DurableTask.Tests;

/// <summary>What one host sees of the scheduler: the hub over gRPC, with leases that end with the host.</summary>
internal sealed class Scheduler(WebApplication server, Leases leases) : IAsyncDisposable
{
    public string Address => server.Urls.Single();

    /// <summary>The host is gone: its work items are lost, and its late answers are ignored.</summary>
    public Task TakeBackAsync() => leases.EndAsync();

    public async ValueTask DisposeAsync()
    {
        await TakeBackAsync();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await server.StopAsync(now.Token);
        await server.DisposeAsync();
    }

    /// <param name="hub">The task hub.</param>
    /// <param name="port">Where it listens; 0: at a free one.</param>
    public static async Task<Scheduler> StartAsync(DurableHub hub, int port = 0)
    {
        var leases = new Leases(hub.Service, hub.Histories);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}").ConfigureKestrel(
            static kestrel => kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<IOrchestrationService>(leases);
        builder.Services.AddSingleton(hub.Client);
        builder.Services.AddSingleton(hub.Histories);
        builder.Services.AddSingleton<HostServer>();
        WebApplication server = builder.Build();
        server.MapGrpcService<HostServer>();
        await server.StartAsync();
        return new Scheduler(server, leases);
    }
}
