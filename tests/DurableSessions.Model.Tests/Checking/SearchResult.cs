using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Checking;

/// <summary>What a search came to.</summary>
/// <param name="Configuration">What was searched.</param>
/// <param name="States">How many states were found.</param>
/// <param name="Ends">In how many of them nothing can move.</param>
/// <param name="Manifests">How many manifests there are in them.</param>
/// <param name="Changed">The transitions that changed one.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="IsComplete">Whether all states were found, and not only the limit reached.</param>
/// <param name="Violation">What is wrong; <see langword="null"/>: nothing.</param>
/// <param name="Trace">The shortest way there.</param>
internal sealed record SearchResult(
    string Configuration,
    int States,
    int Ends,
    int Manifests,
    IReadOnlySet<Operation> Changed,
    double Seconds,
    bool IsComplete,
    string? Violation,
    IReadOnlyList<string> Trace)
{
    public override string ToString() =>
        $"{Configuration}: {States} states, {Ends} ends, {Manifests} manifests, "
        + $"{(IsComplete ? "complete" : "not complete")}, {Seconds:F1} s"
        + (Violation is null ? "" : $"\nVIOLATION: {Violation}\n  " + string.Join("\n  ", Trace));
}
