using System.Globalization;

namespace DurableSessions.Testing.Kills;

/// <summary>A test at random moments; its failure names the seed.</summary>
internal static class SeededTest
{
    public static async Task RunAsync(Func<int, Task> test)
    {
        int seed = Random.Shared.Next();
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
