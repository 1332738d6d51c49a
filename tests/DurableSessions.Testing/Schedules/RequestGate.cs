using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace DurableSessions.Testing;

/// <summary>Holds the requests that are under way at the same time, until each is let through.</summary>
internal sealed class RequestGate(SimulatedStorage storage)
{
    private readonly Lock _gate = new();
    private readonly List<HeldRequest> _held = [];
    private bool _closed;

    public int Requests { get; private set; }

    /// <summary>In the order of their arrival.</summary>
    public IReadOnlyList<HeldRequest> Held => _held;

    public void Configure(BlobClientOptions options) => options.Transport = new Transport(this, storage);

    public void Release(int index)
    {
        HeldRequest request;
        lock (_gate)
        {
            request = _held[index];
            _held.RemoveAt(index);
        }

        Requests++;
        request.Release();
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            foreach (HeldRequest request in _held)
            {
                request.Break();
            }

            _held.Clear();
        }
    }

    private HeldRequest Hold(HttpMessage message)
    {
        var request = new HeldRequest(StorageRequest.From(message.Request, 0));
        lock (_gate)
        {
            if (_closed)
            {
                request.Break();
            }
            else
            {
                _held.Add(request);
            }
        }

        return request;
    }

    private sealed class Transport(RequestGate gate, SimulatedStorage storage) : HttpPipelineTransport
    {
        private readonly SimulatedTransport _inner = new(storage);

        public override Request CreateRequest() => _inner.CreateRequest();

        public override void Process(HttpMessage message) => throw new NotSupportedException("A simulation has no synchronous requests.");

        public override async ValueTask ProcessAsync(HttpMessage message)
        {
            await gate.Hold(message).Released.WaitAsync(message.CancellationToken);
            _inner.Process(message);
        }
    }
}

internal sealed class HeldRequest(StorageRequest request)
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StorageRequest Request { get; } = request;

    public Task Released => _released.Task;

    public void Release() => _released.TrySetResult();

    public void Break() => _released.TrySetException(Fault.BrokenConnection());
}
