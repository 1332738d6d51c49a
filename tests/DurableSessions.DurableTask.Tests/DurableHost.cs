using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using Grpc.Net.Client;
using global::DurableTask.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A worker and a client as in the server, over gRPC; its side of the scheduler has leases that end with it.</summary>
internal sealed class DurableHost : IOrchestrationHost
{
    private readonly WebApplication _server;
    private readonly GrpcChannel _channel;
    private readonly IHost _worker;
    private readonly Leases _leases;
    private bool _over;

    private DurableHost(WebApplication server, GrpcChannel channel, IHost worker, Leases leases)
    {
        _server = server;
        _channel = channel;
        _worker = worker;
        _leases = leases;
        Client = new DurableClient(worker.Services.GetRequiredService<DurableTaskClient>(), TimeProvider.System);
    }

    public OrchestrationClient Client { get; }

    public static async Task<DurableHost> StartAsync(DurableHub hub, OrchestrationRegistry registry)
    {
        var leases = new Leases(hub.Service, hub.Histories);
        WebApplication server = await StartServerAsync(hub, leases);
        var channel = GrpcChannel.ForAddress(server.Urls.Single());
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddDurableTaskWorker(worker =>
        {
            worker.UseGrpc(channel);
            worker.Configure(static options => options.DataConverter = DurablePayloads.Converter);
            worker.AddTasks(tasks => tasks.AddAll(registry));
        });
        builder.Services.AddDurableTaskClient(client =>
        {
            client.UseGrpc(channel);
            client.Configure(static options => options.DataConverter = DurablePayloads.Converter);
            client.RegisterDirectly();
        });
        IHost worker = builder.Build();
        await worker.StartAsync();
        return new DurableHost(server, channel, worker, leases);
    }

    public Task StopAsync() => EndAsync(cleanly: true);

    public Task KillAsync() => EndAsync(cleanly: false);

    public async ValueTask DisposeAsync() => await EndAsync(cleanly: true);

    // What a killed process had under way is nobody's, and what it still says is not heard.
    private async Task EndAsync(bool cleanly)
    {
        if (_over)
        {
            return;
        }

        _over = true;
        if (cleanly)
        {
            await _worker.StopAsync();
        }

        await _leases.EndAsync();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _worker.StopAsync(now.Token);
        _worker.Dispose();
        _channel.Dispose();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
    }

    private static async Task<WebApplication> StartServerAsync(DurableHub hub, Leases leases)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(
            static kestrel => kestrel.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddRouting();
        builder.Services.AddLogging(static logging => logging.ClearProviders());
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<IOrchestrationService>(leases);
        builder.Services.AddSingleton<IOrchestrationServiceClient>(hub.Service);
        builder.Services.AddSingleton(hub.Histories);
        builder.Services.AddSingleton<HostServer>();
        WebApplication server = builder.Build();
        server.MapGrpcService<HostServer>();
        await server.StartAsync();
        return server;
    }
}
