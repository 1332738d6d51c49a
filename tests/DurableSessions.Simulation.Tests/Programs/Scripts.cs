using CsCheck;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>Draws programs.</summary>
internal static class Scripts
{
    private static readonly Gen<int> Host = Gen.Int[0, World.MaxHosts - 1];
    private static readonly Gen<int> Session = Gen.Frequency((5, 0), (2, 1), (1, 2));
    private static readonly Gen<int> Back = Gen.Int[0, 3];
    private static readonly Gen<LastRequest> Last = Gen.Enum<LastRequest>();

    private static readonly Gen<Operation> Operation = Gen.Frequency(
        (14, (IGen<Operation>)Gen.Select(Host, Session, Gen.Int[1, 3], Gen.Bool, static Operation (h, s, n, k) => new Append(h, s, n, k))),
        (4, Gen.Select(Host, Session, Back, static Operation (h, s, b) => new AppendAgain(h, s, b))),
        (8, Gen.Select(Host, Session, Gen.Int[0, 3], Gen.Bool, static Operation (h, s, n, k) => new Commit(h, s, n, k))),
        (2, Gen.Select(Host, Back, static Operation (h, b) => new CommitAgain(h, b))),
        (4, Gen.Select(Host, Back, Gen.Bool, static Operation (h, b, c) => new Steer(h, b, c))),
        (2, Host.Select(static Operation (h) => new CancelAll(h))),
        (1, Gen.Select(Host, Gen.Int[1, 3], Gen.Int[0, 6], static Operation (h, n, t) => new Lose(h, n, 20 * t))),
        (1, Gen.Select(Host, Session, Gen.Int[2, 5], Gen.Int[0, 2], static Operation (h, s, n, k) => new Configure(h, s, n, k))),
        (1, Host.Select(static Operation (h) => new WaitForAll(h))),
        (6, Gen.Select(Host, Session, static Operation (h, s) => new Read(h, s))),
        (2, Gen.Select(Host, Session, static Operation (h, s) => new Get(h, s))),
        (1, Gen.Select(Host, Session, static Operation (h, s) => new Create(h, s))),
        (1, Gen.Select(Host, Session, static Operation (h, s) => new Delete(h, s))),
        (3, Gen.Select(Host, Gen.Int[0, 12], Last, static Operation (h, n, l) => new Kill(h, n, l))),
        (1, Host.Select(static Operation (h) => new Stop(h))),
        (1, Gen.Const<Operation>(new DeliverCopies())));

    private static readonly Gen<Operation[]> Step = Gen.Frequency((3, (IGen<Operation[]>)Operation.Array[1]), (1, Operation.Array[2, 4]));

    /// <summary>Programs of at most so many steps.</summary>
    public static Gen<Script> UpTo(int steps) => Gen.Select(
        Gen.Frequency((1, 0), (2, 20), (1, 80)), Gen.Int[0, 100_000], Gen.Frequency((2, 0), (1, 3), (1, 7)), Gen.Bool, Step.Array[1, steps],
        static (faults, seed, digests, back, all) => new Script(faults, seed, digests, back, all));
}
