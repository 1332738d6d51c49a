using System.Diagnostics;
using System.Globalization;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace DurableSessions.Benchmarks;

/// <summary>
/// Processor time and memory of an append and of a commit where no meter is listened to and no span is made, beside those where they are.
/// In simulated storage, which costs the same each time; in turn, a block of this and a block of that.
/// </summary>
internal static class TelemetryBenchmark
{
    private const int Blocks = 15;
    private const int Appends = 1_000;
    private const int Commits = 40;

    private static readonly (string Name, Func<IDisposable[]> Listen)[] s_modes =
    [
        ("off", static () => []),
        ("metrics", static () => [Metrics()]),
        ("metrics and traces", static () => [Metrics(), Traces()]),
    ];

    public static async Task RunAsync()
    {
        // Read by the SDK of Azure when its clients are made.
        AppContext.SetSwitch("Azure.Experimental.EnableActivitySource", true);
        SessionStorage storage = new SimulatedStorage().Connect("bench");
        await storage.Container.CreateAsync();
        await using ServiceProvider services =
            new ServiceCollection().AddHost(storage, new ExtractiveSemanticProcessor()).BuildServiceProvider();
        await services.GetRequiredService<EmbeddedEngine>().StartAsync(CancellationToken.None);
        SessionStore store = services.GetRequiredService<SessionStore>();
        var appends = s_modes.ToDictionary(static m => m.Name, static _ => new List<Cost>());
        var commits = s_modes.ToDictionary(static m => m.Name, static _ => new List<Cost>());
        for (int block = -2; block < Blocks; block++)
        {
            foreach ((string name, Func<IDisposable[]> listen) in s_modes)
            {
                IDisposable[] listeners = listen();
                var key = new SessionKey("bench", "bench", $"s{block}-{name[^1]}{name.Length}");
                Cost append = await MeasureAsync(Appends, () => AppendAsync(store, key));
                Cost commit = await MeasureAsync(Commits, () => CommitAsync(store, key));
                Array.ForEach(listeners, static l => l.Dispose());
                if (block >= 0)
                {
                    appends[name].Add(append);
                    commits[name].Add(commit);
                }
            }
        }

        Console.WriteLine("| | append | to off | | commit with its append | to off | |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach ((string name, _) in s_modes)
        {
            (Cost append, Cost appendOff, Cost commit, Cost commitOff) =
                (Median(appends[name]), Median(appends["off"]), Median(commits[name]), Median(commits["off"]));
            Bench.Print($"| {name} {Row(append, appendOff)} {Row(commit, commitOff)} |");
        }
    }

    private static string Row(Cost cost, Cost off) => string.Create(
        CultureInfo.InvariantCulture, $"| {cost.Microseconds:F1} µs | {cost.Microseconds / off.Microseconds:F2} | {cost.Bytes:N0} B");

    private static Task AppendAsync(SessionStore store, SessionKey key) =>
        store.Sessions.AppendAsync(key, [Bench.Message(500)], null, CancellationToken.None);

    private static async Task CommitAsync(SessionStore store, SessionKey key)
    {
        await AppendAsync(store, key);
        CommitAnswer answer = await store.Commits.CommitAsync(key, new CommitRequest(), CancellationToken.None);
        await store.Tasks.WaitAsync(key.Owner, answer.Task!.TaskId, CancellationToken.None);
    }

    private static async Task<Cost> MeasureAsync(int times, Func<Task> action)
    {
        GC.Collect();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < times; i++)
        {
            await action();
        }

        return new Cost(
            (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / times,
            (GC.GetTotalAllocatedBytes(precise: true) - allocated) / times);
    }

    private static Cost Median(List<Cost> costs) => new(
        costs.Select(static c => c.Microseconds).Order().ElementAt(costs.Count / 2),
        costs.Select(static c => c.Bytes).Order().ElementAt(costs.Count / 2));

    private static MeterProvider Metrics() => Sdk.CreateMeterProviderBuilder()
        .AddMeter(EngineTelemetry.MeterName, StoreTelemetry.MeterName)
        .AddReader(new PeriodicExportingMetricReader(new Nowhere<Metric>(), exportIntervalMilliseconds: 1_000))
        .Build();

    private static TracerProvider Traces() => Sdk.CreateTracerProviderBuilder()
        .AddSource(EngineTelemetry.ActivitySourceName, "Azure.*")
        .AddProcessor(new BatchActivityExportProcessor(new Nowhere<Activity>()))
        .Build();

    private readonly record struct Cost(double Microseconds, long Bytes);

    private sealed class Nowhere<T> : BaseExporter<T>
        where T : class
    {
        public override ExportResult Export(in Batch<T> batch) => ExportResult.Success;
    }
}
