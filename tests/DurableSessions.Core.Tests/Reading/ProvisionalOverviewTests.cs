using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Reading;

/// <summary>A client that resumes at once, and reads the overview alone, knows what was said.</summary>
[Collection(nameof(Simulated))]
public sealed class ProvisionalOverviewTests
{
    private const string Mark = "> Provisional: 1 archive is not digested yet; this is an excerpt.\n\n";

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task While_a_digest_is_pending_the_overview_holds_what_is_archived() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        Assert.Equal(("m1+0", false), Overview(await ReadAsync(host)));
        await host.AppendAsync(_key, "m2", "m3");
        CommitInput second = await host.ClearAsync(_key, "c2");

        SessionContext pending = await ReadAsync(host);
        Assert.Equal(($"{Mark}m1+0 m2+1", true), Overview(pending));
        Assert.Equal(2, pending.Messages.Count);
        Assert.Equal((2, 2), (pending.TotalArchives, pending.IncludedArchives));

        await host.SwitchAsync(second, await host.SemanticProcessAsync(second));
        Assert.Equal(("m1+0 m2+1", false), Overview(await ReadAsync(host)));
    });

    [Fact]
    public Task It_is_made_once_for_a_set_of_archives() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1");
        await host.ClearAsync(_key, "c1");
        await ReadAsync(host);
        await host.AppendAsync(_key, "m2");
        int before = host.Faults.Requests;
        Assert.Equal(($"{Mark}m1+0", true), Overview(await ReadAsync(host)));
        Assert.Equal(1, host.Fallback.Calls);

        // The manifest. What was archived is still in this host's memory.
        Assert.InRange(host.Faults.Requests - before, 1, 2);

        await host.ClearAsync(_key, "c2");
        Assert.StartsWith("> Provisional: 2 archives are not digested yet", (await ReadAsync(host)).Overview, StringComparison.Ordinal);
        Assert.Equal(2, host.Fallback.Calls);
        Assert.Equal(0, host.Processor.Calls);
    });

    [Fact]
    public Task An_archive_whose_digest_was_cancelled_is_in_it_too() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1");
        await host.SwitchAsync(await host.ClearAsync(_key, "c1"), new SemanticOutcome(ArchiveState.Uncovered, null));
        Assert.Equal(($"{Mark}m1+0", true), Overview(await ReadAsync(host)));
    });

    [Fact]
    public Task No_digest_is_built_on_it() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1");
        CommitInput first = await host.ClearAsync(_key, "c1");
        await ReadAsync(host);
        await host.SwitchAsync(first, await host.SemanticProcessAsync(first));
        await host.AppendAsync(_key, "m2");
        await host.CommitAsync(await host.AcceptAsync(_key, "c2"));
        Assert.Equal(("m1+0 m2+0", false), Overview(await ReadAsync(host)));
    });

    // Each host waits for it a few seconds, at the first reading, and not again after the next commit.
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 1)]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    public Task Where_it_cannot_be_made_the_context_is_read_without_it(bool hangs, int messages) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1");
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        host.Fallback.Before = cancellationToken => hangs
            ? Task.Delay(Timeout.InfiniteTimeSpan, host.Time, cancellationToken)
            : throw new InvalidOperationException("a message that it cannot read");
        DateTimeOffset asked = host.Time.GetUtcNow();
        for (int i = 1; i <= 2; i++)
        {
            await host.AppendAsync(_key, [.. Enumerable.Range(1, messages).Select(m => $"m{m} of {i}")]);
            await host.ClearAsync(_key, $"c{i + 1}");
            SessionContext context = await ReadAsync(host);
            Assert.Equal(("m1+0", false), Overview(context));
            Assert.Equal(messages * i, context.Messages.Count);
        }

        Assert.Equal(1, host.Fallback.Calls);
        Assert.InRange(host.Time.GetUtcNow() - asked, TimeSpan.Zero, TimeSpan.FromSeconds(6));

        host.Fallback.Before = static _ => Task.CompletedTask;
        await Task.Delay(TimeSpan.FromMinutes(1), host.Time, Cancelled);
        Assert.True((await ReadAsync(host)).IsOverviewProvisional);
    });

    [Fact]
    public Task A_processor_that_takes_no_more_messages_delays_a_context_by_5_seconds_in_all() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, [.. Enumerable.Range(1, 10).Select(static i => $"m{i}")]);
        await host.ClearAsync(_key, "c1");
        host.Fallback.EachMessage = cancellationToken => Task.Delay(TimeSpan.FromSeconds(1), host.Time, cancellationToken);
        DateTimeOffset asked = host.Time.GetUtcNow();
        SessionContext context = await ReadAsync(host);
        Assert.Equal(("", false), Overview(context));
        Assert.Equal(10, context.Messages.Count);
        Assert.InRange(host.Time.GetUtcNow() - asked, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
    });

    [Theory]
    [InlineData(400, true)]
    [InlineData(40, false)]
    public Task Messages_leave_it_a_quarter_of_the_budget(int budget, bool isThere) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, [.. Enumerable.Range(1, 100).Select(static i => $"message {i:D3} of one hundred")]);
        await host.ClearAsync(_key, "c1");

        SessionContext context = await ReadAsync(host, budget);
        Assert.Equal(isThere, context.IsOverviewProvisional);
        Assert.InRange(context.MessageTokens + context.OverviewTokens, budget / 2, budget);
        Assert.InRange(context.Messages.Count, 1, 99);
    });

    [Theory]
    [InlineData(400)]
    [InlineData(335)]
    public Task Messages_leave_it_room_also_where_they_alone_would_fit(int budget) => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1", new string('x', 1_300));
        await host.ClearAsync(_key, "c1");

        SessionContext context = await ReadAsync(host, budget);
        Assert.True(context.IsOverviewProvisional);
        Assert.InRange(context.MessageTokens + context.OverviewTokens, budget / 2, budget);
    });

    [Fact]
    public Task A_client_that_goes_away_while_it_is_made_is_no_failure() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        await host.AppendAsync(_key, "m1");
        await host.ClearAsync(_key, "c1");
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        host.Fallback.Before = async cancellationToken =>
        {
            await gone.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, host.Time, cancellationToken);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Store.Sessions.ReadContextAsync(_key, 1_000, gone.Token));
        host.Fallback.Before = static _ => Task.CompletedTask;
        Assert.True((await ReadAsync(host)).IsOverviewProvisional);
    });

    [Fact]
    public Task It_is_made_of_what_the_context_reads_anyway() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        string large = new('x', 600_000);
        await host.AppendAsync(_key, large, large, large);
        await host.ClearAsync(_key, "c1");
        long first = 0;
        long held = 0;
        await ReadAsync(host, read: (more, _) => ValueTask.FromResult(first += more), hold: (bytes, _) =>
        {
            held = Math.Max(held, bytes);
            return ValueTask.CompletedTask;
        });
        Assert.Equal(1, host.Fallback.Calls);
        long known = 0;
        await ReadAsync(host, read: (more, _) => ValueTask.FromResult(known += more));
        Assert.Equal(known, first);

        // One that is read, and two that the processor may hold; the budget keeps none.
        Assert.InRange(held, 1_800_000, 2_000_000);
    });

    [Fact]
    public Task The_clients_bound_ends_it() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.StartAsync(cluster, (await cluster.NewContainerAsync()).Name);
        string large = new('x', 600_000);
        await host.AppendAsync(_key, large, large);
        await host.ClearAsync(_key, "c1");
        var ended = new TaskCompletionSource();
        host.Fallback.Before = cancellationToken =>
        {
            cancellationToken.Register(ended.SetResult);
            return Task.Delay(Timeout.InfiniteTimeSpan, host.Time, cancellationToken);
        };
        int calls = 0;
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => ReadAsync(host, read: (_, _) => ++calls == 2
            ? throw new UnauthorizedAccessException("over the bound")
            : ValueTask.FromResult(0L)));
        await ended.Task;

        // That is no failure of the processor's.
        host.Fallback.Before = static _ => Task.CompletedTask;
        Assert.True((await ReadAsync(host, budget: 1_000_000)).IsOverviewProvisional);
    });

    private static (string Overview, bool IsProvisional) Overview(SessionContext context) =>
        (context.Overview, context.IsOverviewProvisional);

    private Task<SessionContext> ReadAsync(
        Host host, int budget = 1_000, Func<long, CancellationToken, ValueTask<long>>? read = null, HoldBytes? hold = null)
    {
        ReadBytes? counted = read is null ? null : async (bytes, cancellationToken) => await read(bytes, cancellationToken);
        return host.Store.Sessions.ReadContextAsync(_key, budget, query: null, includeMemories: false, hold, counted, Cancelled);
    }
}
