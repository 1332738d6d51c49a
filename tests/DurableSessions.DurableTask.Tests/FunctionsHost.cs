using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Grpc;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using global::DurableTask.Core;
using global::DurableTask.Core.History;
using global::DurableTask.Core.Middleware;
using Proto = Microsoft.DurableTask.Protobuf;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// A worker and a client as on Azure Functions: the dispatchers are Durable Task's own, and have the worker's library compute each step
/// of an orchestrator; the client calls over gRPC.
/// </summary>
internal sealed class FunctionsHost : IOrchestrationHost
{
    private static readonly DurableTaskShimFactory s_shims =
        new(new DurableTaskWorkerOptions { DataConverter = DurablePayloads.Converter }, NullLoggerFactory.Instance);

    private static readonly ServiceProvider s_services = new ServiceCollection().AddSingleton(s_shims).BuildServiceProvider();

    private readonly Leases _leases;
    private readonly TaskHubWorker _worker;
    private readonly Scheduler _server;
    private readonly GrpcChannel _channel;
    private readonly ServiceProvider _client;
    private bool _over;

    private FunctionsHost(DurableHub hub, OrchestrationRegistry registry, Scheduler server)
    {
        _server = server;
        _channel = GrpcChannel.ForAddress(server.Address);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddDurableTaskClient(client =>
        {
            client.UseGrpc(_channel);
            client.Configure(static options => options.DataConverter = DurablePayloads.Converter);
            client.RegisterDirectly();
        });
        _client = services.BuildServiceProvider();
        Client = new DurableClient(_client.GetRequiredService<DurableTaskClient>(), TimeProvider.System);

        _leases = new Leases(hub.Service, hub.Histories);
        _worker = new TaskHubWorker(_leases, NullLoggerFactory.Instance)
        {
            ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails,
        };
        _worker.AddOrchestrationDispatcherMiddleware((context, next) =>
        {
            context.SetProperty(Run(registry, context.GetProperty<OrchestrationRuntimeState>()));
            return next();
        });
        _worker.AddActivityDispatcherMiddleware(async (context, _) =>
            context.SetProperty(new ActivityExecutionResult { ResponseEvent = await RunAsync(registry, context) }));
    }

    public OrchestrationClient Client { get; }

    public static async Task<FunctionsHost> StartAsync(DurableHub hub, OrchestrationRegistry registry)
    {
        var host = new FunctionsHost(hub, registry, await Scheduler.StartAsync(hub));
        await host._worker.StartAsync();
        return host;
    }

    public Task StopAsync() => EndAsync();

    public Task KillAsync() => EndAsync();

    public async ValueTask DisposeAsync() => await EndAsync();

    // The extension of the host tells neither a step nor an activity of its end: a stop and a death differ in nothing.
    private async Task EndAsync()
    {
        if (_over)
        {
            return;
        }

        _over = true;
        await _leases.EndAsync();
        await _worker.StopAsync(isForced: true);
        _worker.Dispose();
        await _client.DisposeAsync();
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    private static OrchestratorExecutionResult Run(OrchestrationRegistry registry, OrchestrationRuntimeState state)
    {
        var request = new Proto.OrchestratorRequest
        {
            InstanceId = state.OrchestrationInstance!.InstanceId,
            ExecutionId = state.OrchestrationInstance.ExecutionId,
            PastEvents = { state.PastEvents.Select(ProtobufUtils.ToHistoryEventProto) },
            NewEvents = { state.NewEvents.Select(ProtobufUtils.ToHistoryEventProto) },
        };
        string response = GrpcOrchestrationRunner.LoadAndRun(
            Convert.ToBase64String(request.ToByteArray()),
            new DurableOrchestrator(registry.Orchestrators[state.Name]()),
            s_services);
        Proto.OrchestratorResponse result = Proto.OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(response));
        return new OrchestratorExecutionResult
        {
            Actions = result.Actions.Select(ProtobufUtils.ToOrchestratorAction),
            CustomStatus = result.CustomStatus,
        };
    }

    private static async Task<HistoryEvent> RunAsync(OrchestrationRegistry registry, DispatchMiddlewareContext context)
    {
        var call = context.GetProperty<TaskScheduledEvent>();
        try
        {
            TaskActivity activity = s_shims.CreateActivity(call.Name!, new DurableActivity(registry.Activities[call.Name!]()));
            return new TaskCompletedEvent(
                -1, call.EventId, await activity.RunAsync(new TaskContext(context.GetProperty<OrchestrationInstance>()), call.Input));
        }
        catch (Exception e)
        {
            return new TaskFailedEvent(-1, call.EventId, null, null, new FailureDetails(e));
        }
    }
}
