using System.Diagnostics;
using System.Globalization;
using CsCheck;
using DurableSessions.Simulation.Tests.Programs;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests;

/// <summary>
/// Random programs on several sessions and hosts, with random faults, against a simple model of what every reader must see. With
/// <c>DURABLE_SESSIONS_TESTS=long</c> for an hour; <c>CsCheck_Seed</c> runs one program again.
/// </summary>
public sealed class ModelTests(SimulatedFixture simulated, ITestOutputHelper output)
{
    private const int Seconds = 60;
    private const int LongSeconds = 3600;

    /// <summary>Programs mostly wait: for storage, and for hosts to be found dead.</summary>
    private const int AtOnce = 24;

    private static readonly string? s_wanted = Environment.GetEnvironmentVariable("DURABLE_SESSIONS_TESTS");

    private static readonly bool IsLong = s_wanted == "long";

    [Fact]
    public async Task Whatever_fails_every_reader_sees_what_was_acknowledged()
    {
        // Programs are drawn anew each time: what they find is for somebody who looks. The known ones run always.
        Assert.SkipUnless(s_wanted is "long" or "model", "Random programs run with DURABLE_SESSIONS_TESTS=model, or =long for an hour.");
        int programs = 0;
        int operations = 0;
        var watch = Stopwatch.StartNew();
        try
        {
            await Scripts.UpTo(IsLong ? 25 : 12).SampleAsync(
                async script =>
                {
                    await World.RunAsync(simulated, script);
                    Interlocked.Increment(ref programs);
                    Interlocked.Add(ref operations, script.Operations);
                },
                time: IsLong ? LongSeconds : Seconds,
                threads: AtOnce);
        }
        finally
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{programs} programs of {operations} operations in {watch.Elapsed.TotalSeconds:F0} s"));
        }
    }
}
