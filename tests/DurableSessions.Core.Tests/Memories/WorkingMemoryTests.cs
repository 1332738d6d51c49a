using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>A session whose policy turns its working memory off has no overview, and all else.</summary>
public sealed class WorkingMemoryTests(SimulatedFixture storage)
{
    private static readonly SessionKey One = new("acme", "ada", "one");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_without_working_memory_carries_no_overview_on(bool enabled)
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        var policy = new MemoryPolicy { WorkingMemory = new MemoryTarget(enabled) };
        await host.Store.Sessions.CreateAsync(One.Owner, One.Id, new SessionSettings { MemoryPolicy = policy }, null, Cancelled);
        await host.AppendAsync(One, "m1", "+events/one=happened");
        Assert.Equal(ArchiveState.Covered, (await host.CommitToEndAsync(One)).Output!.State);
        await host.AppendAsync(One, "m2");
        Assert.Equal(ArchiveState.Covered, (await host.CommitToEndAsync(One)).Output!.State);
        Assert.Equal(["events/one 1 happened"], await StoredMemories.AllAsync(host));

        string[] overviews = enabled ? ["m1+1", "m1+1 m2+0"] : ["", ""];
        for (int number = 1; number <= 2; number++)
        {
            Archive archive = (await host.Store.Archives.GetAsync(One, number, Cancelled))!;
            Assert.Equal((overviews[number - 1], $"{3 - number} messages"), (archive.Info.Overview, archive.Info.Abstract));
        }

        SessionContext context = await host.Store.Sessions.ReadContextAsync(One, 10_000, Cancelled);
        Assert.Equal(overviews[1], context.Overview);
        Assert.Equal(
            ["m1", "+events/one=happened", "m2"], context.Recalled.Select(static m => Words.Text(SessionMessage.Parse(m))));
        Assert.Equal(["2 messages", "1 messages"], context.Abstracts.Select(static a => a.Abstract).OrderDescending());
        Assert.Equal(0, context.FailedArchives);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_provisional_overview_stands_in_for_it(bool enabled)
    {
        using Host host = await Host.StartAsync(storage, (await storage.NewContainerAsync()).Name);
        var policy = new MemoryPolicy { WorkingMemory = new MemoryTarget(enabled) };
        await host.Store.Sessions.CreateAsync(One.Owner, One.Id, new SessionSettings { MemoryPolicy = policy }, null, Cancelled);
        await host.AppendAsync(One, "m1");
        await host.ClearAsync(One, "c1");
        SessionContext context = await host.Store.Sessions.ReadContextAsync(One, 10_000, Cancelled);
        Assert.Equal((enabled, enabled), (context.IsOverviewProvisional, context.Overview.Length > 0));
        Assert.Single(context.Messages);
    }
}
