using System.Globalization;

namespace DurableSessions.Testing;

/// <summary>What happened by one decision: a request was carried out, an answer arrived, or the clock went on.</summary>
/// <param name="Move">The decision.</param>
/// <param name="IsDefault">It is what happens without a schedule.</param>
/// <param name="Request">Whose request; none where the clock went on.</param>
/// <param name="IsAnswer">Its answer had waited, and reached the client.</param>
/// <param name="Time">Of the simulated clock, since the start.</param>
internal readonly record struct ScheduledStep(Move Move, bool IsDefault, PendingRequest? Request, bool IsAnswer, TimeSpan Time)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(IsDefault ? ' ' : '>')} {Time.TotalSeconds,8:F3} s  {What}{(Move.HoldsAnswer && !IsAnswer ? ", whose answer waits" : "")}");

    private string What =>
        Request is null ? "the clock goes on" : $"{(Move.Kind == MoveKind.LateRequest ? "late " : IsAnswer ? "answer of " : "")}{Request}";
}
