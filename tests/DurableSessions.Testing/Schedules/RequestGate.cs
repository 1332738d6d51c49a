using Azure.Core;
using Azure.Core.Pipeline;

namespace DurableSessions.Testing;

/// <summary>
/// The way of all hosts to one simulated storage: holds the requests that are under way at the same time, until each is let
/// through. Used by one thread at a time: see <see cref="SingleThreadPool"/>.
/// </summary>
internal sealed class RequestGate(SimulatedStorage storage)
{
    /// <summary>More than any number of hosts has under way.</summary>
    private const int MaxWaiting = 10_000;

    private readonly List<PendingRequest> _waiting = [];
    private readonly List<PendingRequest> _late = [];
    private bool _closed;

    /// <summary>Requests so far.</summary>
    public int Requests { get; private set; }

    /// <summary>The first request of a client that is not simulated; null without one.</summary>
    public UnknownRequestException? Unknown { get; private set; }

    /// <summary>Requests whose clients wait, and answers, in the order in which they came.</summary>
    public IReadOnlyList<PendingRequest> Waiting => _waiting;

    /// <summary>Requests whose clients have given up.</summary>
    public IReadOnlyList<PendingRequest> Late => _late;

    /// <summary>What storage has now, by another clock.</summary>
    public SimulatedStorage Copy(TimeProvider time) => storage.Copy(time);

    /// <summary>The way of a client's requests through here.</summary>
    public HttpPipelineTransport Open(int connection) => new Transport(this, connection);

    /// <summary>Storage carries out a request that waits; an answer that waits reaches its client.</summary>
    /// <param name="index">In <see cref="Waiting"/>.</param>
    /// <param name="holdsAnswer">The answer waits in turn.</param>
    public PendingRequest LetThrough(int index, bool holdsAnswer)
    {
        PendingRequest request = _waiting[index];
        _waiting.RemoveAt(index);
        if (request.IsAnswer)
        {
            request.GiveAnswer();
            return request;
        }

        try
        {
            request.CarryOut(storage);
        }
        catch (UnknownRequestException e)
        {
            Unknown ??= e;
            request.Fail(e);
            return request;
        }

        if (holdsAnswer)
        {
            _waiting.Add(request);
        }
        else
        {
            request.GiveAnswer();
        }

        return request;
    }

    /// <summary>Storage carries out a request whose client has given up.</summary>
    /// <param name="index">In <see cref="Late"/>.</param>
    public PendingRequest LetArrive(int index)
    {
        PendingRequest request = _late[index];
        _late.RemoveAt(index);
        request.CarryOut(storage);
        return request;
    }

    /// <summary>
    /// Storage carries out every request under way: first those whose clients have given up, then those that wait, in the order of sending.
    /// </summary>
    public void LetAllArrive()
    {
        while (_late.Count > 0)
        {
            LetArrive(0);
        }

        while (_waiting.Count > 0)
        {
            LetThrough(0, holdsAnswer: false);
        }
    }

    /// <summary>Everything is over: what waits and what still comes fails with a broken connection.</summary>
    public void Close()
    {
        _closed = true;
        foreach (PendingRequest request in _waiting)
        {
            request.Break();
        }

        _waiting.Clear();
        _late.Clear();
    }

    private PendingRequest Hold(int connection, HttpMessage message)
    {
        if (_closed)
        {
            throw Fault.BrokenConnection();
        }

        if (_waiting.Count == MaxWaiting)
        {
            throw new InvalidOperationException($"More than {MaxWaiting} requests at the same time.");
        }

        var request = new PendingRequest(++Requests, connection, message);
        _waiting.Add(request);
        return request;
    }

    private void Abandon(PendingRequest request)
    {
        if (_waiting.Remove(request) && !request.IsAnswer)
        {
            _late.Add(request);
        }
    }

    private sealed class Transport(RequestGate gate, int connection) : HttpPipelineTransport
    {
        public override Request CreateRequest() => SimulatedTransport.NewRequest();

        public override void Process(HttpMessage message) =>
            throw new NotSupportedException("A synchronous request would hold up all others.");

        public override async ValueTask ProcessAsync(HttpMessage message)
        {
            message.CancellationToken.ThrowIfCancellationRequested();
            PendingRequest request = gate.Hold(connection, message);
            try
            {
                SimulatedAnswer answer = await request.Answer.WaitAsync(message.CancellationToken);
                message.Response = new SimulatedResponse(answer, message.Request.ClientRequestId);
            }
            catch (OperationCanceledException)
            {
                gate.Abandon(request);
                throw;
            }
        }
    }
}
