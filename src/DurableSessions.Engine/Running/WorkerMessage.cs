using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>A message to the worker of an instance.</summary>
internal abstract record WorkerMessage
{
    /// <summary>The answer of an activity; <see langword="null"/>: the activity was cancelled.</summary>
    public sealed record Answer(int Task, HistoryEntry? Entry) : WorkerMessage;

    /// <summary>A child has been created; or it was not, where there is an entry: the failure of its call.</summary>
    public sealed record ChildCreated(int Task, HistoryEntry? Failed) : WorkerMessage;

    /// <summary>A message of a client of this host, and the acknowledgement that the client waits for.</summary>
    public sealed record FromClient(HistoryEntry Entry, TaskCompletionSource<Delivery> Delivered) : WorkerMessage;

    /// <summary>The orchestrator awaits what its context did not make.</summary>
    public sealed record Violation(string Message) : WorkerMessage;
}
