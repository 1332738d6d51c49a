using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>
/// The same commits by a server on the embedded engine, and by one on Durable Task with its provider on Azure Storage, in turn on one
/// Azurite: commits a second, and requests to storage. What a side requests while the other one is measured is counted for it too, less
/// what it requests when nothing happens at all.
/// </summary>
internal static class ProviderBenchmark
{
    private const int Rounds = 9;
    private const int WarmUps = 1;
    private const int Burst = 32;
    private const int Alone = 8;
    private const int Clients = 16;
    private const double MinuteSeconds = 60;

    // The embedded engine's requests of a commit end a minute after it, and the provider polls seldom only after a minute without work.
    private static readonly TimeSpan s_tail = TimeSpan.FromSeconds(75);
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan s_visibility = TimeSpan.FromMinutes(5);

    /// <summary>Prints a table.</summary>
    public static async Task RunAsync()
    {
        await using CountedAzurite azurite = await CountedAzurite.StartAsync("embedded", "provider");
        int port = FreePort.Next();
        await using Child hub = await Child.StartAsync(
            TaskHub.Arguments(port, azurite["provider"].ConnectionString, "hub", s_visibility),
            new Dictionary<string, string>(),
            TaskHub.Ready,
            static _ => { });
        await using Side embedded = await Side.StartAsync("embedded", azurite["embedded"], []);
        await using Side provider = await Side.StartAsync(
            "azure-storage",
            azurite["provider"],
            new Dictionary<string, string>
            {
                ["Engine"] = "DurableTask",
                ["ConnectionStrings__Scheduler"] = string.Create(
                    CultureInfo.InvariantCulture, $"Endpoint=http://127.0.0.1:{port};Authentication=None;TaskHub=default"),
            });
        Side[] sides = [embedded, provider];
        foreach (Side side in sides)
        {
            await side.AppendAllAsync();
        }

        for (int round = -WarmUps; round < Rounds; round++)
        {
            // The one that comes first finds the machine as the other left it.
            foreach (Side side in round % 2 == 0 ? sides : sides.Reverse())
            {
                await side.MeasureAsync(round >= 0);
            }
        }

        await Task.Delay(s_tail);
        Array.ForEach(sides, static side => side.EndOfWork());
        await Task.Delay(s_idle);
        Array.ForEach(sides, static side => side.EndOfIdleness());
        foreach (Side side in sides)
        {
            await side.CheckAsync();
        }

        Print(embedded, provider);
    }

    private static void Print(Side embedded, Side provider)
    {
        Console.WriteLine("| | embedded engine | Durable Task on Azure Storage | ratio |");
        Console.WriteLine("|---|---|---|---|");
        Line($"commits a second, {Burst} at once", Median(embedded.Bursts), Median(provider.Bursts));
        Line("ms, one commit alone", Median(embedded.Alones), Median(provider.Alones));
        Line("requests of a commit", embedded.Commit.All, provider.Commit.All);
        Line("to blobs", embedded.Commit.Blob, provider.Commit.Blob);
        Line("to queues", embedded.Commit.Queue, provider.Commit.Queue);
        Line("to tables", embedded.Commit.Table, provider.Commit.Table);
        Line("requests of a minute without work", embedded.Idle.All, provider.Idle.All);
        Line("to blobs", embedded.Idle.Blob, provider.Idle.Blob);
        Line("to queues", embedded.Idle.Queue, provider.Idle.Queue);
        Line("to tables", embedded.Idle.Table, provider.Idle.Table);
    }

    private static void Line(string what, double embedded, double provider)
    {
        string ratio = embedded == 0 ? "" : (provider / embedded).ToString("0.00", CultureInfo.InvariantCulture);
        Bench.Print($"| {what} | {embedded:0.0} | {provider:0.0} | {ratio} |");
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed class Side(string name, Ledger ledger, ServerProcess server) : IAsyncDisposable
    {
        private readonly Queue<string> _sessions = new(
            Enumerable.Range(0, (Rounds + WarmUps) * (Burst + Alone)).Select(static i => $"s-{i}"));

        private readonly List<(string Session, string Task)> _tasks = [];
        private readonly Wire _wire = new(server.Client, () => [server.Address]);
        private readonly Stopwatch _clock = new();
        private StorageCounts _begin;
        private StorageCounts _work;
        private TimeSpan _worked;

        public List<double> Bursts { get; } = [];

        public List<double> Alones { get; } = [];

        public StorageCounts Idle { get; private set; }

        public StorageCounts Commit => (_work - (Idle * (_worked.TotalSeconds / MinuteSeconds))) / _tasks.Count;

        public static async Task<Side> StartAsync(string name, Ledger ledger, Dictionary<string, string> settings) => new(
            name,
            ledger,
            await ServerProcess.StartAsync(new Dictionary<string, string>(settings)
            {
                ["ConnectionStrings__Storage"] = ledger.ConnectionString,
                ["Auth__Mode"] = "dev",
                ["Logging__LogLevel__Default"] = "Warning",
            }));

        public async Task AppendAllAsync()
        {
            await Parallel.ForEachAsync(
                _sessions,
                new ParallelOptions { MaxDegreeOfParallelism = Clients },
                async (session, _) => await _wire.AppendAsync(session, [$"The first message of {session}."], withKey: false));
            _begin = ledger.Counts;
            _clock.Start();
        }

        public async Task MeasureAsync(bool counts)
        {
            double burst = await TimeAsync(Burst);
            double alone = 0;
            for (int i = 0; i < Alone; i++)
            {
                alone += await TimeAsync(1) / Alone;
            }

            if (counts)
            {
                Bursts.Add(Burst / burst);
                Alones.Add(alone * 1000);
            }
        }

        public void EndOfWork()
        {
            _worked = _clock.Elapsed;
            _work = ledger.Counts - _begin;
        }

        public void EndOfIdleness() => Idle = (ledger.Counts - _begin - _work) * (MinuteSeconds / (_clock.Elapsed - _worked).TotalSeconds);

        /// <summary>All of it is what it was counted as.</summary>
        public async Task CheckAsync()
        {
            foreach ((string session, string task) in _tasks)
            {
                JsonNode read = await _wire.GetAsync(session, $"tasks/{task}");
                if ((string?)read["status"] != "completed")
                {
                    throw new InvalidOperationException($"{name}: {read.ToJsonString()}");
                }
            }
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private async Task<double> TimeAsync(int count)
        {
            string[] sessions = [.. Enumerable.Range(0, count).Select(_ => _sessions.Dequeue())];
            int before = ledger.Finished;
            long start = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(
                sessions,
                new ParallelOptions { MaxDegreeOfParallelism = Clients },
                async (session, _) =>
                {
                    string task = await _wire.CommitAsync(session, withKey: false);
                    lock (_tasks)
                    {
                        _tasks.Add((session, task));
                    }
                });
            await ledger.ReachAsync(before + count, s_patience);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
    }
}
