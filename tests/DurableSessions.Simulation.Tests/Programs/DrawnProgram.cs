using System.Globalization;
using CsCheck;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>A program and the order in which its requests go through, both drawn by a number.</summary>
/// <param name="Number">The same program and the same order for the same number.</param>
internal sealed record DrawnProgram(int Number)
{
    private const int Steps = 7;

    /// <summary>One program in so many is longer.</summary>
    private const int LongOneIn = 20;

    private const int LongSteps = 20;

    private static readonly Gen<Script> Short = Scripts.UpTo(Steps);
    private static readonly Gen<Script> Long = Scripts.UpTo(LongSteps);

    public Script Script { get; } = (Number % LongOneIn == 0 ? Long : Short).Generate(new PCG((uint)Number, 1), null, out CsCheck.Size _);

    /// <summary>Begins anew each time.</summary>
    public Schedule Schedule => Number % 2 == 0 ? Schedule.Uniform(Number) : Schedule.Priorities(Number);

    /// <summary>Runs it. What fails is made shorter, as far as it goes, and explained.</summary>
    public Task<ScheduledRun> RunAsync() =>
        Shortest.ExplainAsync(string.Create(CultureInfo.InvariantCulture, $"Program {Number}"), Script, () => Schedule);
}
