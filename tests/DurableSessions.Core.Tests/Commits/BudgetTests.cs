using DurableSessions.Core.Identities;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Tasks;
using DurableSessions.Engine;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>What a commit costs, counted as storage requests.</summary>
[Collection(nameof(Simulated))]
public sealed class BudgetTests
{
    private const int Budget = 23;

    // With a key, the manifest is read, the key is entered, and an ended instance of its id is looked for.
    private const int KeyedBudget = 25;

    // One commit in 16 starts to merge, once more: two requests that ask and create, the checkpoint of its plan, and two that end it.
    private const int StartBudget = 8;

    // A host that is slow for a moment renews what it owns: with the time that owners have outside of tests, none is.
    private static readonly EngineOptions Calm = new();

    private readonly SessionKey _key = new("acme", "ada", "s1");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1000, 0)]
    [InlineData(1000, 1)]
    public Task An_undisturbed_commit_keeps_its_budget(int messages, int keepRecent) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, engine: Calm);
        await host.AppendAsync(_key, "first");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        foreach (IdempotencyKey? idempotencyKey in (IdempotencyKey?[])[null, Words.Key("k")])
        {
            int cost = await CostAsync(host, messages, keepRecent, idempotencyKey);
            int retainedBefore = idempotencyKey is null ? 0 : 2 * keepRecent;
            int budget = (idempotencyKey is null ? Budget : KeyedBudget) + retainedBefore;
            Assert.True(cost <= budget, $"{cost} requests:{Environment.NewLine}{host.Log}");
        }
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_commit_and_the_minute_after_it_cost_at_most_22_requests(bool isAskedAbout) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, engine: Calm);
        await ListedAsync(cluster, host, 1);
        await host.AppendAsync(_key, "first");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        await host.QuietAsync();

        await host.AppendAsync(_key, "second");
        var digesting = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        host.Processor.Before = _ =>
        {
            digesting.TrySetResult();
            return goOn.Task;
        };
        host.Log.Clear();
        CommitTask task = await host.CommitAsync(_key);
        await digesting.Task.WaitAsync(Cancelled);
        int asked = 0;
        if (isAskedAbout)
        {
            int before = host.Log.Count;
            await host.Store.Tasks.GetAsync(_key.Owner, task.TaskId, Cancelled);
            asked = host.Log.Count - before;
        }

        goOn.SetResult();
        await host.Client.WaitForInstanceCompletionAsync(task.TaskId, Cancelled);

        // What is due when a host lists is looked at before it lists the next time: after two listings all of it has been.
        for (int listings = 1; listings <= 2; listings++)
        {
            await Task.Delay(TimeSpan.FromSeconds(32), cluster.Time, Cancelled);
            await ListedAsync(cluster, host, listings);
        }

        int cost = host.Log.Requests.Count(static r => r.Comp != "list") - asked;
        Assert.True(cost <= Budget, $"{cost} requests:{Environment.NewLine}{host.Log}");
    });

    [Fact]
    public Task A_commit_costs_the_same_after_300_archives() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, engine: Calm);
        await host.AppendAsync(_key, "first");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        int early = await CostAsync(host, 1, 0, null);
        for (int i = 2; i < 300; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
            await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        }

        Assert.Equal(early, await CostAsync(host, 1, 0, null));
        Assert.Equal(301, (await host.Store.Sessions.GetAsync(_key, false, Cancelled)).CommitCount);
    });

    [Fact]
    public Task A_commit_that_starts_a_merge_costs_a_start_and_one_without_work_costs_that() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host calm = await Host.RunAsync(cluster, container, engine: Calm);
        await calm.AppendAsync(_key, "first");
        await calm.CommitToEndAsync(_key);
        int without = await CostAsync(calm, 1, 0, null);
        await calm.StopAsync();
        using Host host = await Host.RunAsync(cluster, container, engine: Calm, merges: new MergeSchedule(static _ => true));
        await host.AppendAsync(_key, "second");
        await host.CommitToEndAsync(_key);
        int with = await CostAsync(host, 1, 0, null);
        Assert.True(with - without is > 0 and <= StartBudget, $"{with} requests, not {without}:{Environment.NewLine}{host.Log}");
    });

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static async Task ListedAsync(SimulatedCluster cluster, Host host, int times)
    {
        while (host.Log.Requests.Count(static r => r is { Comp: "list", Status: not null }) < times)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), cluster.Time, Cancelled);
        }
    }

    private async Task<int> CostAsync(Host host, int messages, int keepRecent, IdempotencyKey? idempotencyKey)
    {
        string padding = new('x', 400);
        for (int left = messages + keepRecent; left > 0; left -= 100)
        {
            await host.AppendAsync(_key, [.. Enumerable.Range(0, Math.Min(left, 100)).Select(i => $"{Guid.NewGuid():N} {padding}")]);
        }

        host.Log.Clear();
        CommitTask task = await host.CommitAsync(_key, keepRecent, idempotencyKey);
        await host.Client.WaitForInstanceCompletionAsync(task.TaskId, Cancelled);
        await host.QuietAsync();
        return host.Log.Requests.Count(static r => r.Comp != "list");
    }
}
