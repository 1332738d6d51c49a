using DurableSessions.Core.Auditing;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>Hosts at work: nothing that they do is an error.</summary>
public sealed class LoadTests(SimulatedFixture storage)
{
    private static readonly SessionOptions Rolling = new() { BlocksPerSegment = 3 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_random_work_storage_is_clean()
    {
        var container = new AuditedContainer(await storage.NewContainerAsync());
        using Host one = await Host.RunAsync(storage, container.Name, Rolling);
        using Host two = await Host.RunAsync(storage, container.Name, Rolling);
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
            var ofSession = new CommitTaskQuery { Session = key.Id, Limit = 200 };
            foreach (CommitTask task in await one.Store.Tasks.ListAsync(key.Owner, ofSession, Cancelled))
            {
                await one.EndOfAsync(key, task.TaskId);
            }
        }

        await one.QuietAsync();
        await two.QuietAsync();
        List<Finding> findings = await AuditedContainer.AuditAsync(one, repair: true, age: TimeSpan.Zero);

        // Creations that lost a race, and digests that a cancellation overtook, are all that may lie about.
        Assert.All(findings, static f => Assert.True(
            f.Kind is FindingKind.OrphanedSegment or FindingKind.OrphanedStaging or FindingKind.OrphanedSession, f.ToString()));
        Assert.Empty(await AuditedContainer.AuditAsync(two, age: TimeSpan.Zero));
        foreach (SessionKey key in keys.Where(k => said[k] > 0))
        {
            Assert.Equal(said[key], (await one.AuditAsync(key)).Everything.Count);
        }
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
            CommitAnswer answer = await host.Store.Commits.CommitAsync(
                key, new CommitRequest { KeepRecentCount = random.Next(3) }, Cancelled);
            if (answer.Task is not { } task)
            {
                return;
            }

            if (what % 3 == 0)
            {
                try
                {
                    await host.Store.Tasks.CancelAsync(new UserKey("acme", "ada"), task.TaskId, Cancelled);
                }
                catch (TaskStatusException)
                {
                    // It was quicker.
                }
            }

            task = await host.EndOfAsync(key, task.TaskId);
            if (task.Status == CommitTaskStatus.Cancelled && what % 2 == 0)
            {
                await host.Store.Tasks.RetryAsync(new UserKey("acme", "ada"), task.TaskId, Cancelled);
            }
        }
        else
        {
            await host.Store.Sessions.DeleteAsync(key, Cancelled);
            said[key] = 0;
        }
    }
}
