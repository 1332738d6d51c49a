using System.Globalization;

namespace DurableSessions.Testing.Kills;

/// <summary>Tests at random moments, whose failures say the seed.</summary>
internal static class Seeded
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
