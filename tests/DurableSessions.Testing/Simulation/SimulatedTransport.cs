using Azure.Core;
using Azure.Core.Pipeline;

namespace DurableSessions.Testing;

/// <summary>The way to a <see cref="SimulatedStorage"/>: no socket, nothing that gets lost.</summary>
/// <param name="storage">Answers the requests.</param>
public sealed class SimulatedTransport(SimulatedStorage storage) : HttpPipelineTransport
{
    public override Request CreateRequest() => HttpClientTransport.Shared.CreateRequest();

    public override void Process(HttpMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.CancellationToken.ThrowIfCancellationRequested();
        SimulatedRequest request = SimulatedRequest.From(message);
        message.Response = new SimulatedResponse(storage.Answer(request), message.Request.ClientRequestId);
    }

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        // Clients that run beside each other take turns here, as they do where an answer takes its time.
        await Task.Yield();
        Process(message);
    }
}
