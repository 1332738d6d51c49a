using System.Collections.Concurrent;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace DurableSessions.Testing;

/// <summary>
/// The way from one process to storage, on which requests get lost, late and doubled. Requests are numbered from 1 in the order
/// in which they are sent, retries included. At most one fault happens to a request: that of the first rule that takes it.
/// </summary>
/// <param name="random">Faults for requests that no rule takes.</param>
public sealed class FaultTransport(RandomFaults? random = null) : HttpPipelineTransport
{
    private const int MaxNoted = 1000;

    private readonly ConcurrentQueue<FaultRule> _rules = new();
    private readonly ConcurrentQueue<string> _noted = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpPipelineTransport _inner = HttpClientTransport.Shared;
    private int _requests;
    private int _stopAt = int.MaxValue;
    private bool _carriesOutTheLast;

    /// <summary>Requests so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Completes when the process has made its last request: see <see cref="StopTheWorldAt"/>.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>
    /// Pass it to a <see cref="StorageFixture"/>. Requests go on over the transport that the options had: to all clients that it
    /// is configured for, the same one.
    /// </summary>
    public void Configure(BlobClientOptions options)
    {
        _inner = options.Transport;
        options.Transport = this;
    }

    /// <summary>The same transport, over another one.</summary>
    internal FaultTransport Over(HttpPipelineTransport inner)
    {
        _inner = inner;
        return this;
    }

    /// <summary>Has a fault happen to requests.</summary>
    /// <param name="matches">Which ones.</param>
    /// <param name="fault">What happens.</param>
    /// <param name="skip">How many of them go through first.</param>
    /// <param name="times">To how many it happens then.</param>
    public FaultTransport When(Func<StorageRequest, bool> matches, Fault fault, int skip = 0, int times = 1)
    {
        _rules.Enqueue(new FaultRule(matches, fault, skip, times));
        return this;
    }

    /// <summary>Has a fault happen to one request by its number, from 1.</summary>
    public FaultTransport AtRequest(int number, Fault fault) => When(request => request.Number == number, fault);

    /// <summary>
    /// The process dies at this request, as far as storage can tell: it and all later ones are never sent, and for the process
    /// they take for ever (regardless of its timeouts), so that nothing in it goes on. Its objects are to be thrown away.
    /// </summary>
    /// <param name="number">Counted from 1; from the next request on where it is past.</param>
    /// <param name="carriesOutTheLast">Storage carries out this request; its answer comes too late.</param>
    public FaultTransport StopTheWorldAt(int number, bool carriesOutTheLast = false)
    {
        _carriesOutTheLast = carriesOutTheLast;
        Volatile.Write(ref _stopAt, number);
        return this;
    }

    /// <summary>Ends the requests that hang since the world has stopped, and what comes later, with a broken connection.</summary>
    public void FailHanging() => _hanging.TrySetResult();

    /// <summary>
    /// Runs a test; its failure says which faults had happened, and the seed.
    /// </summary>
    public async Task ExplainAsync(Func<Task> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        try
        {
            await test();
        }
        catch (Exception e)
        {
            throw new InjectedFaultsException($"{e.Message}{Environment.NewLine}{this}", e);
        }
    }

    /// <summary>The seed and the faults that happened, for failure messages.</summary>
    public override string ToString() =>
        $"{(random is null ? "no random faults" : $"{random}")}; faults so far: {(_noted.IsEmpty ? "none" : string.Join("; ", _noted))}";

    public override Request CreateRequest() => _inner.CreateRequest();

    public override void Process(HttpMessage message) => ProcessAsync(message).AsTask().GetAwaiter().GetResult();

    public override async ValueTask ProcessAsync(HttpMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var request = StorageRequest.From(message, Interlocked.Increment(ref _requests));
        if (request.Number >= Volatile.Read(ref _stopAt))
        {
            await HangAsync(message, request);
        }

        Fault? fault = FindRule(request)?.Fault ?? random?.Choose(request);
        if (fault is null)
        {
            await _inner.ProcessAsync(message);
            return;
        }

        Note($"{request} {fault}");
        await fault.ApplyAsync(await Delivery.BufferAsync(_inner, message));
    }

    private FaultRule? FindRule(StorageRequest request) => _rules.IsEmpty ? null : _rules.FirstOrDefault(rule => rule.Take(request));

    private async Task HangAsync(HttpMessage message, StorageRequest request)
    {
        if (request.Number == _stopAt)
        {
            Note($"{request} the world stops{(_carriesOutTheLast ? " behind it" : "")}");
            if (_carriesOutTheLast)
            {
                await (await Delivery.BufferAsync(_inner, message)).SendCopyAsync();
            }
        }

        _stopped.TrySetResult();
        await _hanging.Task;
        throw Fault.BrokenConnection();
    }

    private void Note(string what)
    {
        if (_noted.Count < MaxNoted)
        {
            _noted.Enqueue(what);
        }
    }
}
