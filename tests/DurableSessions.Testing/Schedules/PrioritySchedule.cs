namespace DurableSessions.Testing;

internal sealed class PrioritySchedule : Schedule
{
    private const int MaxChanges = 4;

    /// <summary>Among how many decisions the changes lie: about what a program takes.</summary>
    private const int Decisions = 120;

    /// <summary>In decisions. When a request has waited so long, the host or blob that goes before it becomes last.</summary>
    private const int MaxWait = 64;

    private readonly int _seed;
    private readonly Random _random;
    private readonly bool _byHost;
    private readonly HashSet<int> _changes;
    private readonly Dictionary<string, double> _priorities = new(StringComparer.Ordinal);
    private double _last;
    private PendingRequest? _oldest;
    private int _oldestSince;

    public PrioritySchedule(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _byHost = _random.Next(2) == 0;
        _changes = [.. Enumerable.Range(0, 1 + _random.Next(MaxChanges)).Select(_ => _random.Next(Decisions))];
    }

    public override string ToString() => $"priorities of {(_byHost ? "hosts" : "blobs")}, seed {_seed}";

    internal override Move Choose(int number, IReadOnlyList<PendingRequest> waiting, IReadOnlyList<PendingRequest> late)
    {
        if (DrawLate(_random, late) is { } arrives)
        {
            return arrives;
        }

        if (waiting.Count == 0)
        {
            return new Move(MoveKind.Clock);
        }

        int first = FindFirst(waiting);
        if (IsStarving(waiting[0], number) && first != 0)
        {
            MakeLast(waiting[first]);
            return new Move(MoveKind.Request, FindFirst(waiting));
        }

        if (!_changes.Contains(number))
        {
            return new Move(MoveKind.Request, first);
        }

        if (_random.Next(2) == 0)
        {
            return new Move(MoveKind.Clock);
        }

        MakeLast(waiting[first]);
        return new Move(MoveKind.Request, FindFirst(waiting), HoldsAnswer: _random.Next(2) == 0);
    }

    // Whether the request that has waited longest has done so for too many decisions.
    private bool IsStarving(PendingRequest oldest, int number)
    {
        if (_oldest != oldest)
        {
            (_oldest, _oldestSince) = (oldest, number);
        }

        return number - _oldestSince >= MaxWait;
    }

    private void MakeLast(PendingRequest request) => _priorities[LaneOf(request)] = --_last;

    private int FindFirst(IReadOnlyList<PendingRequest> waiting)
    {
        int first = 0;
        double highest = double.MinValue;
        for (int i = 0; i < waiting.Count; i++)
        {
            string lane = LaneOf(waiting[i]);
            if (!_priorities.TryGetValue(lane, out double priority))
            {
                priority = _random.NextDouble();
                _priorities.Add(lane, priority);
            }

            if (priority > highest)
            {
                (first, highest) = (i, priority);
            }
        }

        return first;
    }

    private string LaneOf(PendingRequest request) => _byHost
        ? request.Connection.ToString(System.Globalization.CultureInfo.InvariantCulture)
        : $"{request.Connection}/{request.Content.Blob}";
}
