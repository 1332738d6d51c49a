using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>
/// Has the children created that one instance has called, a few at a time. A crash leaves calls without a child: the next owner looks to
/// them.
/// </summary>
internal sealed class InstanceChildren(
    SubOrchestrations subOrchestrations, WorkerMailbox mailbox, TurnRunner runner, InstanceDocument instance)
{
    private const int AtATime = 8;

    private readonly CancellationTokenSource _cancellation = new();
    private readonly HashSet<int> _underWay = [];
    private readonly HashSet<int> _created = [];

    /// <summary>Whether children are being created.</summary>
    public bool AreUnderWay => _underWay.Count > 0;

    /// <summary>Whether children are being created, or are to be. Those of a suspended instance wait until it is resumed.</summary>
    public bool HasWork => AreUnderWay || Due().Any();

    /// <inheritdoc cref="InstanceDocument.ChildrenBelow"/>
    public int? Below
    {
        get
        {
            int[] missing = [.. Missing().Select(static c => c.Task!.Value)];
            return missing.Length > 0
                ? missing.Min()
                : runner.Run.History.LastOrDefault(static e => e.Type == HistoryEventType.SubOrchestrationInstanceCreated)?.Task + 1;
        }
    }

    /// <summary>Creates what the last checkpoint calls; each answer goes to the mailbox.</summary>
    public void StartDue()
    {
        HistoryEntry[] due = [.. Due().Take(AtATime - _underWay.Count)];
        if (due.Length == 0)
        {
            return;
        }

        HashSet<string> answered =
        [
            .. runner.Run.History
                .Where(e => e.Call is not null && !runner.Run.Children.ContainsKey(e.Task!.Value))
                .Select(static e => e.Call!),
        ];
        foreach (HistoryEntry call in due)
        {
            _underWay.Add(call.Task!.Value);
            _ = Task.Run(() => CreateAsync(call, answered), CancellationToken.None);
        }
    }

    /// <summary>The answer has been taken from the mailbox: there is a child, or the call has failed.</summary>
    public void Created(int task)
    {
        _underWay.Remove(task);
        _created.Add(task);
    }

    /// <summary>Ends the attempts: the instance is not run here any more.</summary>
    public void Cancel() => _cancellation.Cancel();

    private IEnumerable<HistoryEntry> Missing() => runner.Run.Children.Values.Where(
        c => !(c.Task < instance.ChildrenBelow) && !_created.Contains(c.Task!.Value));

    private IEnumerable<HistoryEntry> Due() =>
        runner.Run.IsSuspended ? [] : Missing().Where(c => !_underWay.Contains(c.Task!.Value));

    private async Task CreateAsync(HistoryEntry call, HashSet<string> answered)
    {
        HistoryEntry? failed;
        try
        {
            failed = await subOrchestrations.CreateAsync(instance, call, answered, _cancellation.Token);
        }
        catch (Exception) when (_cancellation.IsCancellationRequested)
        {
            return;
        }

        await mailbox.AnswerAsync(new WorkerMessage.ChildCreated(call.Task!.Value, failed));
    }
}
