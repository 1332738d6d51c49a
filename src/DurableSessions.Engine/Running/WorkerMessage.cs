using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>What reaches a worker.</summary>
internal abstract record WorkerMessage
{
    /// <summary>An activity has answered; <see langword="null"/>: it was cancelled.</summary>
    public sealed record Answer(int Task, HistoryEntry? Entry) : WorkerMessage;

    /// <summary>A client of this host has something to say.</summary>
    public sealed record FromClient(HistoryEntry Entry, TaskCompletionSource<Delivery> Delivered) : WorkerMessage;

    /// <summary>The orchestrator was caught awaiting what it must not.</summary>
    public sealed record Violation(string Message) : WorkerMessage;
}
