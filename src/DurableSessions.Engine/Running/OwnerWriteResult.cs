using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>How an owner's write went, and what it has to take in.</summary>
/// <param name="Kind">How the write went.</param>
/// <param name="Messages">The messages that other hosts have appended, to be taken into the history.</param>
/// <param name="Stands">Whether the write itself stands, with the messages appended behind it.</param>
internal sealed record OwnerWriteResult(OwnerWrite Kind, IReadOnlyList<HistoryEntry> Messages, bool Stands)
{
    public static OwnerWriteResult Written { get; } = new(OwnerWrite.Written, [], true);

    public static OwnerWriteResult Lost { get; } = new(OwnerWrite.Lost, [], false);
}
