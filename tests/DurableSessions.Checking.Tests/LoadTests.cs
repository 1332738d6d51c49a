using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using DurableSessions.Core.Checking;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Sessions;
using DurableSessions.Testing;

namespace DurableSessions.Checking.Tests;

/// <summary>Hosts at work: nothing that they do is an error, and a repair beside them takes nothing from them.</summary>
public sealed class LoadTests(AzuriteFixture azurite)
{
    private static readonly SessionOptions Rolling = new() { BlocksPerSegment = 3 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_random_work_storage_is_clean()
    {
        var house = new Storehouse(await azurite.NewContainerAsync());
        using Host one = await Host.RunAsync(azurite, house.Name, Rolling);
        using Host two = await Host.RunAsync(azurite, house.Name, Rolling);
        Host[] hosts = [one, two];
        var random = new Random(20261123);
        SessionKey[] keys = [.. Enumerable.Range(1, 6).Select(static i => new SessionKey("acme", "ada", $"s{i}"))];
        var said = keys.ToDictionary(static k => k, static _ => 0);
        for (int step = 0; step < 150; step++)
        {
            await StepAsync(hosts[random.Next(2)], keys[random.Next(keys.Length)], random, said, step);
        }

        foreach (SessionKey key in keys)
        {
            foreach (CommitTask task in await one.Store.Tasks.ListAsync("acme", "ada", new CommitTaskQuery { Session = key.Session, Limit = 200 }, Cancelled))
            {
                await one.EndOfAsync(key, task.TaskId);
            }
        }

        await one.QuietAsync();
        await two.QuietAsync();
        List<Finding> findings = await Storehouse.AuditAsync(one, repair: true, age: TimeSpan.Zero);

        // Creations that lost a race, and digests that a cancellation overtook, are all that may lie about.
        Assert.All(findings, static f => Assert.True(f.Kind is FindingKind.OrphanedSegment or FindingKind.OrphanedStaging or FindingKind.OrphanedSession, f.ToString()));
        Assert.Empty(await Storehouse.AuditAsync(two, age: TimeSpan.Zero));
        foreach (SessionKey key in keys.Where(k => said[k] > 0))
        {
            Assert.Equal(said[key], (await one.AuditAsync(key)).Everything.Count);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [SuppressMessage("Reliability", "CA2025", Justification = "They are awaited where the test succeeds; where it fails, its hosts end like processes.")]
    public async Task Beside_hosts_under_load_there_are_no_errors_and_a_repair_takes_nothing(bool repair)
    {
        var house = new Storehouse(await azurite.NewContainerAsync());
        using Host one = await Host.RunAsync(azurite, house.Name, Rolling);
        using Host two = await Host.RunAsync(azurite, house.Name, Rolling);
        using Host auditor = await Host.StartAsync(azurite, house.Name);
        SessionKey[] keys = [.. Enumerable.Range(1, 3).Select(static i => new SessionKey("acme", "ada", $"s{i}"))];
        foreach (SessionKey key in keys)
        {
            await one.AppendAsync(key, "first");
        }

        using var stop = new CancellationTokenSource();
        Task<int>[] work = [.. keys.SelectMany(k => (Task<int>[])[WorkAsync(one, k, "one", stop.Token), WorkAsync(two, k, "two", stop.Token)])];
        int audits = 0;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(8); audits++)
        {
            List<Finding> findings = await Storehouse.AuditAsync(auditor, repair, repair ? TimeSpan.Zero : null);
            Assert.True(findings.TrueForAll(static f => f.Severity != FindingSeverity.Error && f.Kind != FindingKind.Abandoned), Storehouse.Describe(findings));
        }

        await stop.CancelAsync();
        int[] sent = await Task.WhenAll(work);
        Assert.True(audits > 1);
        for (int i = 0; i < keys.Length; i++)
        {
            Assert.Equal(1 + sent[2 * i] + sent[(2 * i) + 1], (await auditor.AuditAsync(keys[i])).Everything.Count);
        }
    }

    private static async Task<int> WorkAsync(Host host, SessionKey key, string name, CancellationToken stop)
    {
        int sent = 0;
        for (int round = 1; !stop.IsCancellationRequested; round++)
        {
            await host.AppendAsync(key, $"{name}-{round}");
            sent++;
            if (round % 5 == 0)
            {
                CommitAnswer answer = await host.Store.Commits.CommitAsync(key, new CommitRequest { KeepRecentCount = round % 3 }, Cancelled);
                if (answer.Task is { } task)
                {
                    await host.EndOfAsync(key, task.TaskId);
                }
            }
        }

        return sent;
    }

    private static async Task StepAsync(Host host, SessionKey key, Random random, Dictionary<SessionKey, int> said, int step)
    {
        int what = random.Next(100);
        if (what < 60 || said[key] == 0)
        {
            await host.AppendAsync(key, what % 2 == 0 ? Words.Key($"k{step}") : null, $"m{step}", $"n{step}");
            said[key] += 2;
        }
        else if (what < 95)
        {
            CommitAnswer answer = await host.Store.Commits.CommitAsync(key, new CommitRequest { KeepRecentCount = random.Next(3) }, Cancelled);
            if (answer.Task is not { } task)
            {
                return;
            }

            if (what % 3 == 0)
            {
                try
                {
                    await host.Store.Tasks.CancelAsync("acme", "ada", task.TaskId, Cancelled);
                }
                catch (TaskStatusException)
                {
                    // It was quicker.
                }
            }

            task = await host.EndOfAsync(key, task.TaskId);
            if (task.Status == CommitTaskStatus.Cancelled && what % 2 == 0)
            {
                await host.Store.Tasks.RetryAsync("acme", "ada", task.TaskId, Cancelled);
            }
        }
        else
        {
            await host.Store.Sessions.DeleteAsync(key, Cancelled);
            said[key] = 0;
        }
    }
}
