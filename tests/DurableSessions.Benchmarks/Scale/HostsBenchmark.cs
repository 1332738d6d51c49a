using System.Diagnostics;
using System.Text.Json.Nodes;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>
/// Commits that one, two and three hosts of the published Functions app share, on one task hub on Azure Storage. Of more than one, the
/// first is killed when a quarter of them is done. Fails where a commit does not complete, or a message is not in exactly one place.
/// </summary>
internal static class HostsBenchmark
{
    private const int Clients = 32;
    private const int MessagesEach = 3;
    private const int KillAfterOneIn = 4;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(9);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(250);

    /// <param name="app">The folder of the published app.</param>
    /// <param name="program">The program of the Functions host.</param>
    /// <param name="commits">How many.</param>
    /// <param name="visibility">After which messages that a killed host took come back.</param>
    /// <param name="most">The most hosts.</param>
    public static async Task RunAsync(string app, string program, int commits, TimeSpan visibility, int most)
    {
        string[] accounts = [.. Enumerable.Range(1, most).Select(static count => $"hosts{count}")];
        await using CountedAzurite azurite = await CountedAzurite.StartAsync(accounts);
        Bench.Print(
            $"{commits} commits of {MessagesEach} messages; messages of a killed host come back after {visibility.TotalSeconds:0} s\n");
        Console.WriteLine("| hosts | killed | completed, s | beside one host | commits (activities) of each host |");
        Console.WriteLine("|---|---|---|---|---|");
        double one = 0;
        for (int count = 1; count <= most; count++)
        {
            double seconds = await RunAsync(azurite[accounts[count - 1]], count, (app, program), commits, visibility, one);
            one = count == 1 ? seconds : one;
        }
    }

    private static async Task<double> RunAsync(
        Ledger ledger, int count, (string App, string Program) paths, int commits, TimeSpan visibility, double one)
    {
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Add("X-API-Key", await MakeKeyAsync(ledger.ConnectionString));
        var hosts = new List<FunctionsHost>();
        try
        {
            for (int i = 0; i < count; i++)
            {
                hosts.Add(await FunctionsHost.StartAsync($"host{i + 1}", paths.App, paths.Program, ledger.ConnectionString, visibility));
            }

            IReadOnlyList<Uri> running = [.. hosts.Select(static host => host.Address)];
            var wire = new Wire(http, () => Volatile.Read(ref running));
            string[] sessions = [.. Enumerable.Range(0, commits).Select(static i => $"s-{i}")];
            await EachAsync(sessions, session => wire.AppendAsync(session, Texts(session), withKey: true));

            var clock = Stopwatch.StartNew();
            Task kill = Task.CompletedTask;
            if (count > 1)
            {
                kill = KillAsync();
            }

            var tasks = new Dictionary<string, string>();
            await EachAsync(sessions, async session =>
            {
                string task = await wire.CommitAsync(session, withKey: true);
                lock (tasks)
                {
                    tasks.Add(session, task);
                }
            });
            await kill;
            await ledger.ReachAsync(commits, s_patience);
            await EachAsync(sessions, session => CompletedAsync(wire, session, tasks[session], clock));
            double seconds = clock.Elapsed.TotalSeconds;
            await EachAsync(sessions, session => AuditAsync(wire, session));
            string shares = string.Join(", ", hosts.Select(static host => $"{host.Switches} ({host.Activities})"));
            string ratio = count == 1 ? "" : $"{seconds / one:0.00}";
            Bench.Print($"| {count} | {(count > 1 ? 1 : 0)} | {seconds:0.0} | {ratio} | {shares} |");
            return seconds;

            async Task KillAsync()
            {
                await ledger.ReachAsync(commits / KillAfterOneIn, s_patience);
                await hosts[0].KillAsync();
                Volatile.Write(ref running, [.. running.Skip(1)]);
            }
        }
        catch
        {
            hosts.ForEach(static host => Console.WriteLine($"{host.Name}, {host.Activities} activities:\n{host.Output}"));
            throw;
        }
        finally
        {
            foreach (FunctionsHost host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    private static async Task<string> MakeKeyAsync(string connectionString)
    {
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(
            new Dictionary<string, string> { ["ConnectionStrings__Storage"] = connectionString }, "keys", "add");
        return exitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1]
            : throw new InvalidOperationException(output + errors);
    }

    private static string[] Texts(string session) => [.. Enumerable.Range(0, MessagesEach).Select(i => $"{session}, message {i}")];

    private static Task EachAsync(string[] sessions, Func<string, Task> action) => Parallel.ForEachAsync(
        sessions, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (session, _) => await action(session));

    private static async Task CompletedAsync(Wire wire, string session, string task, Stopwatch clock)
    {
        while (true)
        {
            JsonNode read = await wire.GetAsync(session, $"tasks/{task}");
            string status = (string)read["status"]!;
            if (status == "completed")
            {
                return;
            }

            if (status is not ("pending" or "running") || clock.Elapsed > s_patience)
            {
                throw new InvalidOperationException(read.ToJsonString());
            }

            await Task.Delay(s_poll);
        }
    }

    /// <summary>Everything is in the first archive, in order, and nothing anywhere else.</summary>
    private static async Task AuditAsync(Wire wire, string session)
    {
        JsonNode info = await wire.GetAsync(session, $"sessions/{session}");
        JsonArray archives = (await wire.GetAsync(session, $"sessions/{session}/archives")).AsArray();
        JsonNode archive = await wire.GetAsync(session, $"sessions/{session}/archives/archive_001");
        string[] texts = [.. archive["messages"]!.AsArray().Select(static message => (string)message!["parts"]![0]!["text"]!)];
        if ((int)info["message_count"]! != 0 || (int)info["total_message_count"]! != MessagesEach || archives.Count != 1
            || !texts.SequenceEqual(Texts(session)))
        {
            throw new InvalidOperationException(
                $"{session}: {info.ToJsonString()} {archives.ToJsonString()} {string.Join(" | ", texts)}");
        }
    }
}
