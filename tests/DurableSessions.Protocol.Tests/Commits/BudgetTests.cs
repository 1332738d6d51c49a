using DurableSessions.Core.Commits;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Sessions;
using DurableSessions.Engine;
using DurableSessions.Testing;

namespace DurableSessions.Protocol.Tests.Commits;

/// <summary>What a commit costs, counted as storage requests.</summary>
public sealed class BudgetTests(AzuriteFixture azurite)
{
    private const int Budget = 24;

    // A host that is slow for a moment renews what it owns: with the time that owners have outside of tests, none is.
    private static readonly EngineOptions Calm = new();

    private readonly SessionKey _key = new("acme", "ada", "s1");

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(1000, 0)]
    [InlineData(1000, 1)]
    public async Task A_commit_that_nobody_disturbs_keeps_its_budget(int messages, int keepRecent)
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(azurite, container, engine: Calm);
        await host.AppendAsync(_key, "first");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        foreach (IdempotencyKey? idempotencyKey in (IdempotencyKey?[])[null, Words.Key("k")])
        {
            int cost = await CostAsync(host, messages, keepRecent, idempotencyKey);
            int retainedBefore = idempotencyKey is null ? 0 : 2 * keepRecent;
            Assert.True(cost <= Budget + retainedBefore, $"{cost} requests:{Environment.NewLine}{host.Log}");
        }
    }

    [Fact]
    public async Task A_commit_costs_the_same_after_300_archives()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(azurite, container, engine: Calm);
        await host.AppendAsync(_key, "first");
        await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        int early = await CostAsync(host, 1, 0, null);
        for (int i = 2; i < 300; i++)
        {
            await host.AppendAsync(_key, $"m{i}");
            await host.EndOfAsync(_key, (await host.CommitAsync(_key)).TaskId);
        }

        Assert.Equal(early, await CostAsync(host, 1, 0, null));
        Assert.Equal(301, (await host.Store.Sessions.GetAsync(_key, false, TestContext.Current.CancellationToken)).CommitCount);
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
        await host.Client.WaitForInstanceCompletionAsync(task.TaskId, TestContext.Current.CancellationToken);
        await host.QuietAsync();
        return host.Log.Requests.Count(static r => r.Comp != "list");
    }
}
