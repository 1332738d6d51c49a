namespace DurableSessions.Testing;

internal sealed class ReplayedSchedule(IReadOnlyDictionary<int, Move> moves) : Schedule
{
    public override string ToString() => moves.Count == 0 ? "in order" : $"{moves.Count} decisions of another run";

    internal override Move Choose(int number, IReadOnlyList<PendingRequest> waiting, IReadOnlyList<PendingRequest> late) =>
        moves.TryGetValue(number, out Move move) && IsPossible(move, waiting.Count, late.Count) ? move : Move.Default(waiting.Count);

    private static bool IsPossible(Move move, int waiting, int late) => move.Kind switch
    {
        MoveKind.Request => move.Index < waiting,
        MoveKind.LateRequest => move.Index < late,
        _ => true,
    };
}
