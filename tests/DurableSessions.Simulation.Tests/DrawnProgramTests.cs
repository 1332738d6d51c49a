using System.Diagnostics;
using System.Globalization;
using CsCheck;
using DurableSessions.Simulation.Tests.Programs;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests;

/// <summary>
/// A thousand short random programs, the same each time: a landing fails by what it changes, and not by the draw.
/// </summary>
public sealed class DrawnProgramTests(SimulatedFixture simulated, ITestOutputHelper output)
{
    private const int Programs = 1_000;
    private const int Steps = 7;

    /// <summary>Programs mostly wait: for storage, and for hosts to be found dead.</summary>
    private const int AtOnce = 48;

    [Fact]
    public async Task A_thousand_programs_leave_every_reader_what_was_acknowledged()
    {
        Gen<Script> scripts = Scripts.UpTo(Steps);
        int operations = 0;
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Programs),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = TestContext.Current.CancellationToken },
            async (number, _) =>
            {
                Script script = scripts.Generate(new PCG((uint)number, 1), null, out CsCheck.Size _);
                try
                {
                    await World.RunAsync(simulated, script);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Program {number}: {script}{Environment.NewLine}{e.Message}", e);
                }

                Interlocked.Add(ref operations, script.Operations);
            });
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Programs} programs of {operations} operations in {watch.Elapsed.TotalSeconds:F0} s"));
    }
}
