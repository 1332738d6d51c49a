namespace DurableSessions.Testing;

internal sealed class UniformSchedule(int seed) : Schedule
{
    private const int ClockOneIn = 20;
    private const int LateOneIn = 10;
    private const int HeldAnswerOneIn = 4;

    private readonly Random _random = new(seed);

    public override string ToString() => $"uniform, seed {seed}";

    internal override Move Choose(int number, IReadOnlyList<HeldRequest> waiting, IReadOnlyList<HeldRequest> late)
    {
        if (late.Count > 0 && _random.Next(LateOneIn) == 0)
        {
            return new Move(MoveKind.LateRequest, _random.Next(late.Count));
        }

        return waiting.Count == 0 || _random.Next(ClockOneIn) == 0
            ? new Move(MoveKind.Clock)
            : new Move(MoveKind.Request, _random.Next(waiting.Count), _random.Next(HeldAnswerOneIn) == 0);
    }
}
