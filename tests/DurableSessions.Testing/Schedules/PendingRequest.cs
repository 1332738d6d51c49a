using Azure.Core;

namespace DurableSessions.Testing;

/// <summary>A request under way, or its answer; a decision of the schedule lets it through.</summary>
internal sealed class PendingRequest
{
    private readonly TaskCompletionSource<SimulatedAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SimulatedAnswer? _given;

    public PendingRequest(int number, int connection, HttpMessage message)
    {
        Number = number;
        Connection = connection;
        Content = SimulatedRequest.From(message);
    }

    /// <summary>Counted from 1 in the order in which requests were sent.</summary>
    public int Number { get; }

    /// <summary>The connection of the host that sent it; each host has one.</summary>
    public int Connection { get; }

    public SimulatedRequest Content { get; }

    /// <summary>Storage has carried the request out, and its answer is on the way.</summary>
    public bool IsAnswer => _given is not null;

    /// <summary>What the client waits for.</summary>
    public Task<SimulatedAnswer> Answer => _answer.Task;

    /// <summary>Storage carries the request out.</summary>
    public void CarryOut(SimulatedStorage storage) => _given = storage.Answer(Content);

    /// <summary>The client gets the answer.</summary>
    public void GiveAnswer() => _answer.TrySetResult(_given!);

    /// <summary>What the request needs is not simulated: the client fails with it.</summary>
    public void Fail(Exception e) => _answer.TrySetException(e);

    public void Break() => _answer.TrySetException(Fault.BrokenConnection());

    public override string ToString() =>
        $"host {Connection} #{Number} {Content.Short()}{(_given is { } given ? $" -> {given.Status}" : "")}";
}
