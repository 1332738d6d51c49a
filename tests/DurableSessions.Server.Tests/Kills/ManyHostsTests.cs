using DurableSessions.Testing;
using DurableSessions.Testing.Kills;

namespace DurableSessions.Server.Tests.Kills;

/// <summary>Three hosts under load, each of which is killed, stopped and paused at random moments.</summary>
public sealed class ManyHostsTests(AzuriteFixture azurite, ITestOutputHelper output)
{
    private const int Count = 3;
    private const int Sessions = 4;
    private const int SpeakersPerSession = 2;

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(45);

    [Fact]
    public Task Every_message_is_there_once_and_every_commit_completes() => SeededTest.RunAsync(RunAsync);

    private async Task RunAsync(int seed)
    {
        string container = (await azurite.NewContainerAsync()).Name;
        await using Hosts hosts = await Hosts.StartAsync(await azurite.GetConnectionStringAsync(), container, Count);
        var client = new Client(hosts, (Attempt: TimeSpan.FromSeconds(15), Request: TimeSpan.FromSeconds(90)));
        Transcript[] transcripts = [.. Enumerable.Range(1, Sessions).Select(static i => new Transcript($"s{i}"))];
        using var enough = new CancellationTokenSource(s_duration);

        IEnumerable<Task> trouble = Enumerable.Range(0, Count).Select(i => TroubleAsync(hosts, i, new Random(seed + i), enough.Token));
        IEnumerable<Task> speaking = Enumerable.Range(0, Sessions * SpeakersPerSession).Select(i => SpeakAsync(
            new SessionClient(client, transcripts[i % Sessions], $"c{i}"), new Random(seed + Count + i), enough.Token));
        await Task.WhenAll([.. trouble, .. speaking]).WaitAsync(s_duration + TimeSpan.FromSeconds(90));

        TimeSpan took = await Verification.AwaitAllCompletedAsync(client, transcripts, s_recovery);
        (int messages, int archives) = await Verification.AuditAllAsync(client, transcripts);
        output.WriteLine(
            $"{hosts}; {messages} messages, {archives} archives; "
            + $"the last commit completed {took.TotalSeconds:0.0} s after the end; answers {client}");
        Assert.True(hosts.Kills + hosts.Stops + hosts.Pauses >= Count);
        Assert.NotEqual(0, archives);
    }

    private static async Task TroubleAsync(Hosts hosts, int number, Random random, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await Task.Delay(random.Next(200, 1500), CancellationToken.None);
            switch (random.Next(3))
            {
                case 0:
                    await hosts.KillAsync(number);
                    break;
                case 1:
                    await hosts.StopAsync(number);
                    break;
                default:
                    await hosts.PauseAsync(number);
                    await Task.Delay(random.Next(100, 1500), CancellationToken.None);
                    await hosts.ContinueAsync(number);
                    break;
            }
        }
    }

    private static async Task SpeakAsync(SessionClient speaker, Random random, CancellationToken enough)
    {
        do
        {
            await speaker.SayAsync(random.Next(1, 4));
            if (random.Next(4) == 0)
            {
                await speaker.CommitAsync();
            }
        }
        while (!enough.IsCancellationRequested);
    }
}
