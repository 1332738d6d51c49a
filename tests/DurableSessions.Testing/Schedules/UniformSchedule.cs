namespace DurableSessions.Testing;

internal sealed class UniformSchedule(int seed) : Schedule
{
    private const int ClockOneIn = 20;
    private const int HeldAnswerOneIn = 4;

    private readonly Random _random = new(seed);

    public override string ToString() => $"uniform, seed {seed}";

    internal override Move Choose(int number, IReadOnlyList<PendingRequest> waiting, IReadOnlyList<PendingRequest> late)
    {
        if (DrawLate(_random, late) is { } arrives)
        {
            return arrives;
        }

        return waiting.Count == 0 || _random.Next(ClockOneIn) == 0
            ? new Move(MoveKind.Clock)
            : new Move(MoveKind.Request, _random.Next(waiting.Count), _random.Next(HeldAnswerOneIn) == 0);
    }
}
