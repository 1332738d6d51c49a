using System.Text.Json.Nodes;

namespace DurableSessions.Testing.Kills;

/// <summary>One host, killed again and again in the middle of commits, with any engine. All of it is seen over HTTP.</summary>
internal static class KilledHost
{
    private const int SessionsPerRound = 4;
    private const int ClientsPerSession = 2;
    private const int CommitsPerClient = 2;
    private const int LongestMillisecondsToKill = 60;

    /// <param name="hosts">One host.</param>
    /// <param name="random">Decides when.</param>
    /// <param name="rounds">How often it is killed.</param>
    /// <param name="recovery">How long an accepted commit may take after the last kill.</param>
    /// <param name="output">Receives what happened.</param>
    /// <param name="apiKey">The clients' key; <see langword="null"/> for a host in dev mode.</param>
    public static async Task RunAsync(
        Hosts hosts, Random random, int rounds, TimeSpan recovery, ITestOutputHelper output, string? apiKey = null)
    {
        Client client = CreateClient(hosts, apiKey);
        (List<Transcript> transcripts, List<Kill> kills) = await SpeakAndKillAsync(hosts, client, random, rounds);
        string[] accepted = [.. transcripts.SelectMany(static transcript => transcript.Tasks)];
        TimeSpan took = await Verification.AwaitAllCompletedAsync(client, transcripts, recovery);
        (int messages, int archives) = await Verification.AuditAllAsync(client, transcripts);
        int interrupted = await CountInterruptedAsync(client, kills);
        output.WriteLine(
            $"{hosts.Kills} kills, {interrupted} commits in the middle of one; {messages} messages, {accepted.Length} commits and "
            + $"{archives} archives in {transcripts.Count} sessions; the last commit completed after {took.TotalSeconds:0.0} s; "
            + $"answers {client}");
        Assert.NotEqual(0, interrupted);
    }

    /// <summary>A client that tries for as long as a host needs to be back.</summary>
    public static Client CreateClient(Hosts hosts, string? apiKey) =>
        new(hosts, (Attempt: TimeSpan.FromSeconds(20), Request: TimeSpan.FromSeconds(90)), apiKey: apiKey);

    /// <summary>Several clients in each session, while the host is killed. What they sent, and when it was killed.</summary>
    public static async Task<(List<Transcript> Transcripts, List<Kill> Kills)> SpeakAndKillAsync(
        Hosts hosts, Client client, Random random, int rounds)
    {
        var transcripts = new List<Transcript>();
        var kills = new List<Kill>();
        var speaking = new List<Task>();
        for (int round = 1; round <= rounds; round++)
        {
            var commits = new SemaphoreSlim(0);
            Transcript[] fresh = [.. Enumerable.Range(1, SessionsPerRound).Select(i => new Transcript($"s{round}-{i}"))];
            transcripts.AddRange(fresh);
            speaking.AddRange(
                from transcript in fresh
                from number in Enumerable.Range(1, ClientsPerSession)
                select SpeakAsync(new SessionClient(client, transcript, $"c{number}"), () => commits.Release()));
            for (int commit = random.Next(SessionsPerRound * ClientsPerSession * CommitsPerClient); commit >= 0; commit--)
            {
                bool isSent = await commits.WaitAsync(TimeSpan.FromSeconds(60));
                await Task.WhenAll(speaking.Where(static client => client.IsFaulted));
                Assert.True(isSent, "No commit was sent.");
            }

            await Task.Delay(random.Next(LongestMillisecondsToKill));
            kills.Add(new Kill(DateTimeOffset.UtcNow, [.. transcripts.SelectMany(static transcript => transcript.Tasks)]));
            await hosts.KillAsync(0);
        }

        await Task.WhenAll(speaking).WaitAsync(TimeSpan.FromSeconds(90));
        return (transcripts, kills);
    }

    private static async Task SpeakAsync(SessionClient speaker, Action committing)
    {
        for (int i = 0; i < CommitsPerClient; i++)
        {
            await speaker.SayAsync(2);
            await speaker.SayAsync(1);
            Task commit = speaker.CommitAsync();
            committing();
            await commit;
        }

        await speaker.SayAsync(1);
    }

    // Accepted before a kill, and ended after it.
    private static async Task<int> CountInterruptedAsync(Client client, IEnumerable<Kill> kills)
    {
        var ended = new Dictionary<string, double>();
        int interrupted = 0;
        foreach ((Kill kill, string taskId) in kills.SelectMany(static kill => kill.Accepted, static (kill, id) => (kill, id)))
        {
            if (!ended.TryGetValue(taskId, out double end))
            {
                JsonNode task = await client.GetAsync($"api/v1/tasks/{taskId}");
                ended[taskId] = end = (double)task["updated_at"]!;
            }

            interrupted += end * 1_000 > kill.At.ToUnixTimeMilliseconds() ? 1 : 0;
        }

        return interrupted;
    }
}

/// <summary>A kill: when, and which commits were accepted by then.</summary>
internal sealed record Kill(DateTimeOffset At, IReadOnlyList<string> Accepted);
