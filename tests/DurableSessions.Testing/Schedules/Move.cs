namespace DurableSessions.Testing;

/// <summary>One decision of a schedule: what happens next.</summary>
/// <param name="Kind">What kind of event it is.</param>
/// <param name="Index">Which of the requests that wait, or are late, from 0 in the order in which they came.</param>
/// <param name="HoldsAnswer">Storage carries the request out, and its answer waits in turn.</param>
public readonly record struct Move(MoveKind Kind, int Index = 0, bool HoldsAnswer = false)
{
    /// <summary>What happens where no schedule says otherwise: the oldest request, or the clock where none waits.</summary>
    /// <param name="waiting">How many wait.</param>
    public static Move Default(int waiting) => new(waiting > 0 ? MoveKind.Request : MoveKind.Clock);
}
