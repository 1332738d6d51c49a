using Grpc.Core;
using Microsoft.DurableTask.Protobuf;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using global::DurableTask.Core;

namespace DurableSessions.DurableTask.Tests;

/// <summary>The in-process server, which also tells histories to clients.</summary>
internal sealed class HostServer(
    IHostApplicationLifetime lifetime, ILoggerFactory loggers, IOrchestrationService service, IOrchestrationServiceClient client,
    IOptions<TaskHubGrpcServerOptions> options, Histories histories)
    : TaskHubGrpcServer(lifetime, loggers, service, client, options)
{
    public override async Task StreamInstanceHistory(
        StreamInstanceHistoryRequest request, IServerStreamWriter<HistoryChunk> responseStream, ServerCallContext context)
    {
        if (request.ForWorkItemProcessing)
        {
            await base.StreamInstanceHistory(request, responseStream, context);
            return;
        }

        if (!histories.AreGiven)
        {
            throw new RpcException(new Status(StatusCode.Unimplemented, ""));
        }

        var chunk = new HistoryChunk();
        chunk.Events.AddRange(histories.Of(request.InstanceId).Select(ProtobufUtils.ToHistoryEventProto));
        await responseStream.WriteAsync(chunk);
    }
}
