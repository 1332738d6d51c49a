using System.Globalization;

namespace DurableSessions.Testing.Kills;

/// <summary>A test at random moments; its failure names the seed, which <c>DURABLE_SESSIONS_SEED</c> gives again.</summary>
internal static class SeededTest
{
    private const string Variable = "DURABLE_SESSIONS_SEED";

    public static async Task RunAsync(Func<int, Task> test)
    {
        int seed = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        try
        {
            await test(seed);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Seed {seed.ToString(CultureInfo.InvariantCulture)}: {e.Message}", e);
        }
    }
}
