using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Replay;

/// <summary>The history of one run, and its comparison with the history that is stored.</summary>
internal sealed class RunHistory
{
    private const string Advice = "It is not deterministic, or was changed while the instance ran.";

    private readonly List<HistoryEntry> _entries = [];
    private readonly Dictionary<int, HistoryEntry> _unanswered = [];
    private readonly Dictionary<int, HistoryEntry> _children = [];

    /// <summary>All entries, stored or not, in order.</summary>
    public IReadOnlyList<HistoryEntry> Entries => _entries;

    /// <summary>Activities without a result, by task number.</summary>
    public IReadOnlyDictionary<int, HistoryEntry> Unanswered => _unanswered;

    /// <summary>Sub-orchestrations without a result, by task number.</summary>
    public IReadOnlyDictionary<int, HistoryEntry> Children => _children;

    /// <summary>The latest time of an entry that was added.</summary>
    public DateTimeOffset LastTime { get; private set; }

    /// <summary>Adds what came from outside: a result, an event, a timer that fired.</summary>
    public void Add(HistoryEntry happened)
    {
        _entries.Add(happened);
        LastTime = happened.Time > LastTime ? happened.Time : LastTime;
        if (happened.Task is { } task)
        {
            _unanswered.Remove(task);
            _children.Remove(task);
        }
    }

    /// <summary>Adds what the orchestrator scheduled.</summary>
    public void Record(IEnumerable<HistoryEntry> actions)
    {
        foreach (HistoryEntry action in actions)
        {
            _entries.Add(action);
            if (action.Type == HistoryEventType.TaskScheduled)
            {
                _unanswered.Add(action.Task!.Value, action);
            }
            else if (action.Type == HistoryEventType.SubOrchestrationInstanceCreated)
            {
                _children.Add(action.Task!.Value, action);
            }
        }
    }

    /// <summary>Puts the stored entries in place of these: the run ends with them.</summary>
    public void Restore(IReadOnlyList<HistoryEntry> stored)
    {
        _entries.Clear();
        _entries.AddRange(stored);
    }

    /// <summary>The time that a restored history ends with.</summary>
    public void SetTime(DateTimeOffset last) => LastTime = last;

    /// <summary>Compares what the orchestrator has just scheduled with the entries that follow in storage, and adds them.</summary>
    /// <returns>The index of the first stored entry after them.</returns>
    /// <exception cref="NonDeterminismException">They differ.</exception>
    public int Match(IReadOnlyList<HistoryEntry> recorded, int next, IReadOnlyList<HistoryEntry> made)
    {
        foreach (HistoryEntry action in made)
        {
            HistoryEntry? known = next < recorded.Count ? recorded[next] : null;
            if (known is not { IsAction: true })
            {
                throw new NonDeterminismException(
                    $"The orchestrator's code now makes {action}, where the history has nothing{At(next)}. {Advice}");
            }

            if (known.Type != action.Type || known.Task != action.Task || known.Name != action.Name)
            {
                throw Mismatch(known, $"makes {action}");
            }

            next++;
            Record([known]);
        }

        return next;
    }

    /// <summary>The error for a stored entry where the code does something else.</summary>
    public NonDeterminismException Mismatch(HistoryEntry known, string now) =>
        new($"The history has {known}{At(_entries.Count)}, where the orchestrator's code now {now}. {Advice}");

    private static string At(int next) => $" (entry {next})";
}
