using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>What happened in a run, decision by decision.</summary>
public sealed class ScheduledRun
{
    private readonly List<ScheduledStep> _steps = [];

    /// <summary>Requests that were sent.</summary>
    public int Requests { get; internal set; }

    /// <summary>Decisions that were taken.</summary>
    public int Decisions => _steps.Count;

    /// <summary>Those that were not what happens without a schedule, by their number.</summary>
    public IReadOnlyDictionary<int, Move> Chosen => _steps
        .Index().Where(static s => !s.Item.IsDefault).ToDictionary(static s => s.Index, static s => s.Item.Move);

    /// <summary>Every request as it was let through, one line each; marked where it was not its turn.</summary>
    public override string ToString() => string.Join(
        Environment.NewLine, _steps.Select(static (s, n) => string.Create(CultureInfo.InvariantCulture, $"{n,5} {s}")));

    internal void Add(ScheduledStep step) => _steps.Add(step);
}
