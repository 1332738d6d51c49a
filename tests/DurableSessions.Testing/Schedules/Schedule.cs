namespace DurableSessions.Testing;

/// <summary>Decides what happens next where several things could: each decision is one <see cref="Move"/>.</summary>
public abstract class Schedule
{
    private const int LateOneIn = 10;

    /// <summary>Requests in the order in which they were sent; the clock goes on when none waits.</summary>
    public static Schedule InOrder { get; } = new ReplayedSchedule(new Dictionary<int, Move>());

    /// <summary>
    /// Each request that waits is as likely as any other to be next. One answer in four waits in turn, one decision in twenty lets the
    /// clock go on although requests wait, and one in ten lets a request arrive whose client has given up, where there is one.
    /// </summary>
    /// <param name="seed">The same decisions for the same requests.</param>
    public static Schedule Uniform(int seed) => new UniformSchedule(seed);

    /// <summary>
    /// Some go first as long as they have anything to send, and at a few moments the first of them becomes the last, or the clock goes
    /// on: probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010), which finds what needs few, well placed changes
    /// with a probability that does not fall with the number of requests. Where a request has waited for 64 decisions, what goes
    /// before it becomes the last, one after the other, until it is its turn: a client that asks again and again holds up no other.
    /// </summary>
    /// <param name="seed">The same decisions for the same requests.</param>
    public static Schedule Priorities(int seed) => new PrioritySchedule(seed);

    /// <summary>Decisions that were taken before; those that are missing or impossible are taken as by <see cref="InOrder"/>.</summary>
    /// <param name="moves">By the number of the decision, from 0.</param>
    public static Schedule Replay(IReadOnlyDictionary<int, Move> moves) => new ReplayedSchedule(moves);

    /// <summary>One decision in ten lets a request arrive whose client has given up, where there is one.</summary>
    private protected static Move? DrawLate(Random random, IReadOnlyList<PendingRequest> late) =>
        late.Count > 0 && random.Next(LateOneIn) == 0 ? new Move(MoveKind.LateRequest, random.Next(late.Count)) : null;

    /// <param name="number">Of the decision, from 0.</param>
    /// <param name="waiting">Requests whose clients wait, and answers, in the order in which they came.</param>
    /// <param name="late">Requests whose clients have given up.</param>
    internal abstract Move Choose(int number, IReadOnlyList<PendingRequest> waiting, IReadOnlyList<PendingRequest> late);
}
