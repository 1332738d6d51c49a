using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DurableSessions.Core;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using DurableSessions.LocalStorage;
using DurableSessions.Orchestration;
using DurableSessions.Semantics.Extractive;
using DurableSessions.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Benchmarks;

/// <summary>
/// A store, its engine and the Azurite below them. What is compared is measured in turn, one of this and one of that: a machine that
/// slows down slows down both. (A benchmark runner that measures one after the other, minutes apart, cannot do that.)
/// </summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly AzuriteProcess _azurite;
    private readonly ServiceProvider _services;

    private Bench(AzuriteProcess azurite, SessionStorage storage)
    {
        _azurite = azurite;
        Storage = storage;
        _services = new ServiceCollection().AddHost(storage, new ExtractiveSemanticProcessor()).BuildServiceProvider();
        Store = _services.GetRequiredService<SessionStore>();
    }

    public SessionStorage Storage { get; }

    public SessionStore Store { get; }

    public OrchestrationClient Client => _services.GetRequiredService<OrchestrationClient>();

    public static async Task<Bench> StartAsync()
    {
        AzuriteProcess azurite = await AzuriteProcess.StartInMemoryAsync(await AzuriteInstallation.EnsureAsync());
        var storage = SessionStorage.Connect(azurite.ConnectionString, "bench");
        await storage.Container.CreateAsync();
        var bench = new Bench(azurite, storage);
        await bench._services.GetRequiredService<EmbeddedEngine>().StartAsync(CancellationToken.None);
        return bench;
    }

    public static NewMessage Message(int characters) => new()
    {
        Role = "user",
        Parts = JsonSerializer.SerializeToUtf8Bytes(new[] { new { type = "text", text = new string('x', characters) } }),
    };

    /// <summary>Measures two things in turn, and prints the median of each and their ratio.</summary>
    public static async Task CompareAsync(string what, int rounds, Func<int, Task> bare, Func<int, Task> ours)
    {
        var times = (Bare: new double[rounds], Ours: new double[rounds]);
        int warmUp = Math.Max(3, rounds / 10);
        for (int i = -warmUp; i < rounds; i++)
        {
            double one = await TimeAsync(bare, i + warmUp);
            double other = await TimeAsync(ours, i + warmUp);
            if (i >= 0)
            {
                times.Bare[i] = one;
                times.Ours[i] = other;
            }
        }

        Array.Sort(times.Bare);
        Array.Sort(times.Ours);
        double bareMedian = times.Bare[rounds / 2];
        double oursMedian = times.Ours[rounds / 2];
        double oursPercentile99 = times.Ours[rounds * 99 / 100];
        double ratio = oursMedian / bareMedian;
        Print($"| {what} | {bareMedian:F2} ms | {oursMedian:F2} ms | {ratio:F2} | {oursPercentile99:F2} ms | {1000 / oursMedian:F0}/s |");
    }

    public static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _azurite.DisposeAsync();
    }

    private static async Task<double> TimeAsync(Func<int, Task> action, int round)
    {
        long start = Stopwatch.GetTimestamp();
        await action(round);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
