using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using Grpc.Net.Client;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.DurableTask.Tests;

/// <summary>A worker and a client as in the server, over gRPC.</summary>
internal sealed class DurableHost : IOrchestrationHost
{
    private readonly Scheduler _server;
    private readonly GrpcChannel _channel;
    private readonly IHost _worker;
    private bool _over;

    private DurableHost(Scheduler server, GrpcChannel channel, IHost worker)
    {
        _server = server;
        _channel = channel;
        _worker = worker;
        Client = new DurableClient(worker.Services.GetRequiredService<DurableTaskClient>(), TimeProvider.System);
    }

    public OrchestrationClient Client { get; }

    public static async Task<DurableHost> StartAsync(DurableHub hub, OrchestrationRegistry registry)
    {
        Scheduler server = await Scheduler.StartAsync(hub);
        var channel = GrpcChannel.ForAddress(server.Address);
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
        return new DurableHost(server, channel, worker);
    }

    public Task StopAsync() => EndAsync(cleanly: true);

    public Task KillAsync() => EndAsync(cleanly: false);

    public async ValueTask DisposeAsync() => await EndAsync(cleanly: true);

    // The work items of a killed process are lost, and its late answers are ignored.
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

        await _server.TakeBackAsync();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _worker.StopAsync(now.Token);
        _worker.Dispose();
        _channel.Dispose();
        await _server.DisposeAsync();
    }
}
