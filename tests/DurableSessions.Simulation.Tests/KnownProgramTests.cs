using DurableSessions.Simulation.Tests.Programs;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests;

/// <summary>Programs that found something once: in the product, or in a product that was broken to see them find it.</summary>
public sealed class KnownProgramTests
{
    /// <summary>How often each is run, each time with other faults and in another order.</summary>
    private const int Repetitions = 20;

    private static readonly (string Name, Script Script)[] Known =
    [
        ("An append whose answer is lost", new Script(80, 1348, 0, true, [[new Append(1, 2, 1, false)]])),
        ("Readers beside an append on a host that dies", new Script(
            20, 10, 0, true, [[new Append(2, 1, 3, true), new Read(0, 2), new Read(2, 1), new Kill(2, 11, LastRequest.CarriedOut)]])),
        ("Two hosts append in turn while a commit cuts", new Script(
            20, 7, 0, true,
            [
                [new Append(0, 0, 2, false)], [new Append(1, 0, 1, true)],
                [new Commit(0, 0, 1, false), new Append(1, 0, 1, false), new Append(2, 0, 2, true)],
                [new AppendAgain(2, 0, 1), new Read(1, 0)], [new Append(1, 0, 1, false)], [new Read(0, 0)],
            ])),
        ("A key comes again when its messages were archived elsewhere", new Script(
            20, 3, 0, true,
            [
                [new Append(0, 0, 1, true)], [new AppendAgain(1, 0, 0)], [new Commit(2, 0, 0, true)], [new WaitForAll(2)],
                [new AppendAgain(0, 0, 0), new AppendAgain(1, 0, 0)], [new CommitAgain(1, 0)], [new Read(0, 0)],
            ])),
        ("A session is deleted while other hosts append", new Script(
            20, 5, 0, true,
            [
                [new Append(0, 0, 1, true)], [new Append(1, 0, 1, false)], [new Delete(2, 0)], [new Append(1, 0, 1, false)],
                [new AppendAgain(0, 0, 0)], [new Read(2, 0)],
            ])),
        ("Commits whose digests fail are cancelled and tried again", new Script(
            20, 11, 7, false,
            [
                [new Append(0, 0, 2, false)], [new Commit(0, 0, 0, false), new Append(1, 0, 1, false)],
                [new Commit(1, 0, 0, true), new Steer(0, 0, true)],
                [new WaitForAll(1)],
                [new Steer(1, 0, false), new Steer(0, 1, false), new Kill(0, 3, LastRequest.CarriedOut)], [new Append(0, 0, 1, true)],
                [new Commit(2, 0, 1, false)], [new Read(1, 0)],
            ])),
        ("A retry runs on a host that has not seen its archive switched", new Script(
            0, 1, 7, false,
            [
                [new Append(0, 0, 1, false)], [new Append(1, 0, 1, false)], [new Commit(0, 0, 0, false)], [new Append(1, 0, 1, false)],
                [new WaitForAll(0)], [new Steer(1, 0, false)], [new WaitForAll(1)], [new Read(2, 0)],
            ])),
        ("A commit is cancelled before it clears, and tried again", new Script(
            0, 1, 0, true,
            [
                [new Append(0, 0, 2, false)], [new Commit(0, 0, 1, false), new CancelAll(1)], [new Append(1, 0, 1, false)],
                [new WaitForAll(1)], [new Steer(1, 0, false)], [new WaitForAll(1)], [new Read(2, 0)],
            ])),
        ("A commit takes the segment of a change of settings whose answer is lost", new Script(
            0, 1, 0, true,
            [
                [new Append(1, 0, 3, true)], [new Commit(2, 0, 0, false), new Lose(0, 2, 20), new Configure(0, 0, 5, 1)],
                [new WaitForAll(1)], [new Read(1, 0)],
            ])),
        .. new[] { 0, 5, 20, 100 }.Select(static n => (
            $"A commit takes the segment of an append whose answer is lost for {n} ms", new Script(
                0, n, 0, true,
                [
                    [new Append(0, 0, 1, false)], [new Lose(0, 1, n)], [new Append(0, 0, 1, false), new Commit(1, 0, 0, false)],
                    [new Read(2, 0)],
                ]))),
        .. Enumerable.Range(13, 8).Select(static n => ($"A host dies with request {n} of its commit on its way", new Script(
            0, n, 0, true,
            [
                [new Append(0, 0, 2, false)], [new Kill(1, n, LastRequest.ArrivesLate)], [new Commit(1, 0, 1, false)], [new WaitForAll(2)],
                [new Read(2, 0)],
            ]))),
        .. Enumerable.Range(12, 11).Select(static n => (
            $"A commit is cancelled, dies with its request {n} on its way, and is tried again", new Script(
                0, n, 0, true,
                [
                    [new Append(0, 0, 2, false)], [new Kill(1, n, LastRequest.ArrivesLate)], [new Commit(1, 0, 1, false), new CancelAll(0)],
                    [new WaitForAll(2)], [new Append(0, 0, 1, false)], [new Steer(2, 0, false)], [new WaitForAll(2)], [new Read(2, 0)],
                ]))),
        .. Enumerable.Range(4, 8).Select(static n => ($"A commit dies at request {n} between its cut and the seal", new Script(
            0, n, 0, true,
            [
                [new Append(0, 0, 1, false)], [new Kill(2, n, LastRequest.CarriedOut)], [new Commit(2, 0, 0, false)],
                [new Append(2, 0, 1, false)], [new Append(0, 0, 1, false)], [new Read(1, 0)],
            ]))),
    ];

    public static TheoryData<string> Names => [.. Known.Select(static k => k.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Again(string name)
    {
        Script script = Known.First(k => k.Name == name).Script;
        await Shortest.ExplainAsync(name, script, static () => Schedule.InOrder);
        for (int n = 1; n <= Repetitions; n++)
        {
            await Shortest.ExplainAsync(
                name, script with { FaultSeed = script.FaultSeed + n }, () => n % 2 == 0 ? Schedule.Uniform(n) : Schedule.Priorities(n));
        }
    }
}
