namespace DurableSessions.Testing.Kills;

/// <summary>One host, killed again and again in the middle of commits, with any engine.</summary>
internal static class KilledHost
{
    private const int Rounds = 6;
    private const int SessionsPerRound = 4;
    private const int CommitsPerSession = 2;
    private const int LongestMillisecondsToKill = 60;

    /// <summary>How long an accepted commit may take after the last kill.</summary>
    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(30);

    /// <param name="hosts">One host.</param>
    /// <param name="random">Decides when.</param>
    /// <param name="countUnfinished">How many commits the engine has not ended, asked after each kill.</param>
    /// <param name="output">Receives what happened.</param>
    public static async Task RunAsync(Hosts hosts, Random random, Func<Task<int>> countUnfinished, ITestOutputHelper output)
    {
        var client = new Client(hosts, (Attempt: TimeSpan.FromSeconds(20), Request: TimeSpan.FromSeconds(90)));
        var transcripts = new List<Transcript>();
        var speaking = new List<Task>();
        int interrupted = 0;
        for (int round = 1; round <= Rounds; round++)
        {
            var commits = new SemaphoreSlim(0);
            for (int i = 1; i <= SessionsPerRound; i++)
            {
                var transcript = new Transcript($"s{round}-{i}");
                transcripts.Add(transcript);
                speaking.Add(SpeakAsync(new SessionClient(client, transcript, "a"), () => commits.Release()));
            }

            for (int commit = random.Next(SessionsPerRound * CommitsPerSession); commit >= 0; commit--)
            {
                Assert.True(await commits.WaitAsync(TimeSpan.FromSeconds(60)), "No commit was accepted.");
            }

            await Task.Delay(random.Next(LongestMillisecondsToKill));
            await hosts.KillAsync(0);
            interrupted += await countUnfinished();
        }

        await Task.WhenAll(speaking).WaitAsync(TimeSpan.FromSeconds(90));
        TimeSpan took = await Verification.AwaitAllCompletedAsync(client, transcripts, s_recovery);
        (int messages, int archives) = await Verification.AuditAllAsync(client, transcripts);
        output.WriteLine(
            $"{hosts.Kills} kills, {interrupted} times an unfinished commit was seen; "
            + $"{messages} messages and {archives} archives in {transcripts.Count} sessions; "
            + $"the last commit completed after {took.TotalSeconds:0.0} s; answers {client}");
        Assert.NotEqual(0, interrupted);
    }

    private static async Task SpeakAsync(SessionClient speaker, Action committing)
    {
        for (int i = 0; i < CommitsPerSession; i++)
        {
            await speaker.SayAsync(2);
            await speaker.SayAsync(1);
            Task commit = speaker.CommitAsync();
            committing();
            await commit;
        }

        await speaker.SayAsync(1);
    }
}
