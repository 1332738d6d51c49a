using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace DurableSessions.Testing;

/// <summary>The way to a <see cref="SimulatedStorage"/>: no socket, nothing that gets lost.</summary>
/// <param name="storage">Answers the requests.</param>
public sealed class SimulatedTransport(SimulatedStorage storage) : HttpPipelineTransport
{
    private static long s_requests;

    public override Request CreateRequest() => NewRequest();

    /// <summary>A request whose id is counted: that of a request without one is drawn, by the system's generator.</summary>
    internal static Request NewRequest()
    {
        Request request = HttpClientTransport.Shared.CreateRequest();
        request.ClientRequestId = Interlocked.Increment(ref s_requests).ToString(CultureInfo.InvariantCulture);
        return request;
    }

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
