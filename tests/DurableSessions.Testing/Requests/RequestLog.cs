using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace DurableSessions.Testing;

/// <summary>Notes every request that a client sends to storage, retries included.</summary>
public sealed class RequestLog : HttpPipelinePolicy
{
    private const int MaxRequests = 1_000_000;

    private readonly List<StorageRequest> _requests = [];
    private readonly Lock _gate = new();

    /// <summary>The requests since the start or the last <see cref="Clear"/>, in the order in which they were sent.</summary>
    public IReadOnlyList<StorageRequest> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>How many requests there were since the start or the last <see cref="Clear"/>.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _requests.Count;
            }
        }
    }

    /// <summary>Pass it to <see cref="AzuriteFixture"/>.</summary>
    public void Configure(BlobClientOptions options) => options.AddPolicy(this, HttpPipelinePosition.PerRetry);

    /// <summary>Forgets all requests; those still under way are forgotten too.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
        }
    }

    /// <summary>How many requests were of this kind: see <see cref="StorageRequest.Is"/>.</summary>
    public int CountOf(string method, string prefix, string? comp = null) => Requests.Count(request => request.Is(method, prefix, comp));

    /// <summary>All requests, one line each, for failure messages.</summary>
    public override string ToString() => string.Join(Environment.NewLine, Requests);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        StorageRequest request = Begin(message);
        try
        {
            ProcessNext(message, pipeline);
        }
        finally
        {
            End(request, message);
        }
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        StorageRequest request = Begin(message);
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        finally
        {
            End(request, message);
        }
    }

    private StorageRequest Begin(HttpMessage message)
    {
        lock (_gate)
        {
            if (_requests.Count == MaxRequests)
            {
                throw new InvalidOperationException($"More than {MaxRequests} requests in one test.");
            }

            var request = StorageRequest.From(message, _requests.Count + 1);
            _requests.Add(request);
            return request;
        }
    }

    private static void End(StorageRequest request, HttpMessage message)
    {
        if (message.HasResponse)
        {
            request.ErrorCode = message.Response.Headers.TryGetValue("x-ms-error-code", out string? code) ? code : null;
            request.Status = message.Response.Status;
        }
        else
        {
            request.Status = 0;
        }
    }
}
