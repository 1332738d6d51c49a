using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Storage;

namespace DurableSessions.Testing;

/// <summary>
/// Both clients of a host in a simulation. A client takes as long to build as ten requests through it: these are built once, and are one
/// host's of each run, when no request of an earlier run is under way any more.
/// </summary>
internal sealed class SimulatedConnection
{
    private static readonly List<SimulatedConnection> s_all = [];

    private readonly Way _way = new();
    private readonly Note _note = new();
    private readonly BlobServiceClient _retried;
    private readonly BlobServiceClient _unretried;

    private SimulatedConnection()
    {
        SessionStorage storage = SimulatedStorage.ConnectUnsigned("any", options =>
        {
            // The pauses between the SDK's own attempts are of the system's clock.
            options.Retry.Delay = TimeSpan.Zero;
            options.Retry.MaxDelay = TimeSpan.Zero;
            options.Transport = _way;
            options.AddPolicy(_note, HttpPipelinePosition.PerRetry);
        });
        _retried = storage.Container.GetParentBlobServiceClient();
        _unretried = storage.Unretried.GetParentBlobServiceClient();
    }

    /// <summary>A container, as a host reaches it.</summary>
    /// <param name="number">Another one for each host of a run, from 1.</param>
    /// <param name="containerName">The container's name.</param>
    /// <param name="transport">The host's way to storage.</param>
    /// <param name="log">Notes the host's requests, where it is given.</param>
    public static SessionStorage Take(int number, string containerName, HttpPipelineTransport transport, RequestLog? log)
    {
        while (s_all.Count < number)
        {
            s_all.Add(new SimulatedConnection());
        }

        SimulatedConnection connection = s_all[number - 1];
        connection._way.Transport = transport;
        connection._note.Log = log;
        return new SessionStorage(
            connection._retried.GetBlobContainerClient(containerName), connection._unretried.GetBlobContainerClient(containerName));
    }

    private sealed class Way : HttpPipelineTransport
    {
        public HttpPipelineTransport Transport { get; set; } = HttpClientTransport.Shared;

        public override Request CreateRequest() => Transport.CreateRequest();

        public override void Process(HttpMessage message) => Transport.Process(message);

        public override ValueTask ProcessAsync(HttpMessage message) => Transport.ProcessAsync(message);
    }

    private sealed class Note : HttpPipelinePolicy
    {
        public RequestLog? Log { get; set; }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (Log is { } log)
            {
                log.Process(message, pipeline);
            }
            else
            {
                ProcessNext(message, pipeline);
            }
        }

        public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
            Log is { } log ? log.ProcessAsync(message, pipeline) : ProcessNextAsync(message, pipeline);
    }
}
