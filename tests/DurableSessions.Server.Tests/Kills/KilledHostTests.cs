using System.Globalization;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Kills;

/// <summary>One host, killed again and again in the middle of commits.</summary>
public sealed class KilledHostTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int Rounds = 12;
    private const int SessionsPerRound = 3;
    private const int LongestMillisecondsToKill = 600;

    /// <summary>How long an accepted commit may take after the last kill.</summary>
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Every_accepted_commit_completes_and_every_message_is_there_once()
    {
        int seed = Random.Shared.Next();
        try
        {
            await RunAsync(new Random(seed));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Seed {seed.ToString(CultureInfo.InvariantCulture)}: {e.Message}", e);
        }
    }

    private async Task RunAsync(Random random)
    {
        string container = (await azurite.NewContainerAsync()).Name;
        await using Hosts hosts = await Hosts.StartAsync(await azurite.GetConnectionStringAsync(), container, 1);
        using var client = new Client(hosts, (Attempt: TimeSpan.FromSeconds(20), Request: TimeSpan.FromSeconds(90)));
        var transcripts = new List<Transcript>();
        var speaking = new List<Task>();
        int hits = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            for (int i = 1; i <= SessionsPerRound; i++)
            {
                var transcript = new Transcript($"s{round}-{i}");
                transcripts.Add(transcript);
                speaking.Add(SpeakAsync(new Speaker(client, transcript, "a")));
            }

            await Task.Delay(random.Next(LongestMillisecondsToKill));
            await hosts.KillAsync(0);
            hits += transcripts.Sum(static transcript => transcript.Tasks.Count) > 0 ? 1 : 0;
        }

        await Task.WhenAll(speaking).WaitAsync(TimeSpan.FromSeconds(90));
        TimeSpan took = await Endings.AwaitAllCompletedAsync(client, transcripts, s_recovery);
        (int messages, int archives) = await Endings.AuditAllAsync(client, transcripts);
        output.WriteLine(
            $"{hosts.Kills} kills; {messages} messages and {archives} archives in {transcripts.Count} sessions; the last commit completed after {took.TotalSeconds:0.0} s; answers {client}");
        Assert.True(hits > 0);
    }

    private static async Task SpeakAsync(Speaker speaker)
    {
        for (int i = 0; i < 3; i++)
        {
            await speaker.SayAsync(2);
            await speaker.SayAsync(1);
            await speaker.CommitAsync();
        }

        await speaker.SayAsync(1);
    }
}
