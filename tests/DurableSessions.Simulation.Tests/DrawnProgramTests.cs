using System.Globalization;
using DurableSessions.Simulation.Tests.Programs;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests;

/// <summary>
/// Ten thousand random programs on several sessions and hosts, with random faults, each in an order of its requests that is drawn
/// too, against a simple model of what every reader must see. The same each time: a change fails by what it changes, and not by the
/// draw. Others by hand: <c>DURABLE_SESSIONS_PROGRAMS=10001-1010000</c>.
/// </summary>
public sealed class DrawnProgramTests(ITestOutputHelper output)
{
    private const int Programs = 10_000;
    private const int ProgramsAtATime = 1_000;
    private const string ByHand = "DURABLE_SESSIONS_PROGRAMS";

    public static TheoryData<int, int> Ranges =>
        [.. Enumerable.Range(0, Programs / ProgramsAtATime).Select(static n => ((n * ProgramsAtATime) + 1, (n + 1) * ProgramsAtATime))];

    [Theory]
    [MemberData(nameof(Ranges))]
    public Task Every_reader_sees_what_was_acknowledged(int first, int last) => RunAsync(first, last);

    [Fact]
    public async Task Every_reader_sees_what_was_acknowledged_in_programs_by_hand()
    {
        string[] range = (Environment.GetEnvironmentVariable(ByHand) ?? "").Split('-');
        Assert.SkipUnless(range.Length == 2, $"{ByHand}=first-last names programs by their numbers.");
        await RunAsync(int.Parse(range[0], CultureInfo.InvariantCulture), int.Parse(range[1], CultureInfo.InvariantCulture));
    }

    private async Task RunAsync(int first, int last)
    {
        long operations = 0;
        long requests = 0;
        for (int number = first; number <= last; number++)
        {
            var program = new DrawnProgram(number);
            ScheduledRun run = await program.RunAsync();
            operations += program.Script.Operations;
            requests += run.Requests;
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{last - first + 1} programs, {operations} operations, {requests} requests to storage."));
    }
}
