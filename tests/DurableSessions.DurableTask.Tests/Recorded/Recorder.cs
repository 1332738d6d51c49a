using System.Text.Json;
using DurableSessions.Core.AutoCommit;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Notifying;
using DurableSessions.Core.Purging;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Testing;
using Stored = global::DurableTask.Core.History;

namespace DurableSessions.DurableTask.Tests.Recorded;

/// <summary>Records instances of each orchestrator, where an orchestrator is new. What is recorded already is left as it is.</summary>
public sealed class Recorder(AzuriteFixture azurite) : IDisposable
{
    private static readonly SessionKey s_key = new("a", "u", "s");

    private readonly string _folder = Environment.GetEnvironmentVariable("DURABLE_SESSIONS_RECORDS") ?? "";
    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(120));

    private CancellationToken Cancelled => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact(Explicit = true)]
    public Task Archived() => RecordAsync("archived", null, async member =>
    {
        string? last = null;
        for (int i = 0; i < 40; i++)
        {
            last = await CommitAsync(member, keep: 2);
            await EndAsync(member, last);
        }

        await StartAsync(
            member, MergeNames.Orchestrator, JsonSerializer.SerializeToElement(new { User = s_key.Owner }, OrchestrationJson.Options));
        return last!;
    });

    [Fact(Explicit = true)]
    public Task Retried()
    {
        int calls = 0;
        return RecordAsync(
            "retried",
            () => Interlocked.Increment(ref calls) < 3 ? throw new InvalidOperationException("not now") : Task.CompletedTask,
            member => CommitAsync(member));
    }

    [Fact(Explicit = true)]
    public Task Degraded()
    {
        int calls = 0;
        return RecordAsync(
            "degraded",
            () => Interlocked.Increment(ref calls) < 4 ? throw new InvalidOperationException("not now") : Task.CompletedTask,
            async member =>
            {
                await EndAsync(member, await CommitAsync(member));
                await member.Store.Sessions.DigestAgainAsync(null, 10, null, null, Cancelled);
                OrchestrationPage all = await member.Host.Client.ListInstancesAsync(new OrchestrationQuery(), Cancelled);
                await EndAsync(member, all.Values.Single(static i => i.Name == CommitNames.DigestAgainOrchestrator).InstanceId);
                DigestTask digest = await member.Store.Digests.StartAsync(s_key, 1, new DigestRequest(DigestMode.Replace), Cancelled);
                await EndAsync(member, digest.TaskId);
                return await CommitAsync(member);
            });
    }

    [Fact(Explicit = true)]
    public Task Waited()
    {
        var over = new TaskCompletionSource();
        return RecordAsync("waited", () => over.Task, async member =>
        {
            string first = await CommitAsync(member);
            string second = await CommitAsync(member);
            await member.Host.Client.WaitForInstanceAsync(
                second, static m => m.SerializedCustomStatus?.Contains("waiting_turn", StringComparison.Ordinal) == true, Cancelled);
            await Task.Delay(TimeSpan.FromSeconds(12), Cancelled);
            over.SetResult();
            await EndAsync(member, first);
            return second;
        });
    }

    [Fact(Explicit = true)]
    public Task CancelledOne()
    {
        var reached = new TaskCompletionSource();
        return RecordAsync(
            "cancelled",
            () =>
            {
                reached.TrySetResult();
                return Task.Delay(TimeSpan.FromSeconds(5));
            },
            async member =>
            {
                string id = await CommitAsync(member);
                await reached.Task.WaitAsync(Cancelled);
                await member.Store.Tasks.CancelAsync(s_key.Owner, id, Cancelled);
                return id;
            });
    }

    [Fact(Explicit = true)]
    public Task Others() => RecordAsync("alone", null, async member =>
    {
        string id = await CommitAsync(member);
        await EndAsync(member, id);
        OrchestrationMetadata commit = (await member.Host.Client.GetInstanceAsync(id, Cancelled))!;
        CommitInput input = JsonSerializer.Deserialize<CommitInput>(commit.SerializedInput!, OrchestrationJson.Options)!;
        string incarnation = input.Incarnation;
        await StartAsync(member, IdleNames.Orchestrator, new IdleInput(s_key, incarnation, 0));
        await StartAsync(member, ExpireNames.Orchestrator, new ExpireInput(s_key, incarnation, "m", DateTimeOffset.UnixEpoch));
        await StartAsync(
            member,
            ExpireNames.ArchivesOrchestrator,
            JsonSerializer.SerializeToElement(
                new { Session = s_key, Incarnation = incarnation, Before = DateTimeOffset.UnixEpoch }, OrchestrationJson.Options));
        await member.Host.Client.ScheduleNewOrchestrationInstanceAsync(
            NotifyNames.Orchestrator, input with { Webhook = "" }, cancellationToken: Cancelled);
        await member.Store.Sessions.DeleteAsync(s_key, Cancelled);
        return id;
    });

    private async Task RecordAsync(string scenario, Func<Task>? beforeDigest, Func<Member, Task<string>> run)
    {
        Assert.NotEmpty(_folder);
        await using var hub = DurableHub.InMemory();
        await using Member member = await Member.StartAsync(
            azurite,
            await azurite.NewContainerAsync(),
            hub,
            beforeDigest is null ? null : (CommitNames.SemanticProcess, activity => Wrapped.Behind(beforeDigest, activity)));
        await EndAsync(member, await run(member));
        HashSet<string> before = [.. Directory.GetFiles(_folder)];
        foreach (OrchestrationMetadata instance in
            (await member.Host.Client.ListInstancesAsync(new OrchestrationQuery { PageSize = 1_000 }, Cancelled)).Values)
        {
            // One that sleeps is recorded as far as it has come.
            Task end = EndAsync(member, instance.InstanceId);
            await end.WaitAsync(TimeSpan.FromSeconds(5), Cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            IReadOnlyList<Stored.HistoryEvent> events = hub.Histories.Of(instance.InstanceId);
            string file = Path.Combine(_folder, $"{instance.Name}.{scenario}.json");
            string recorded = RecordedHistory.Of(instance.InstanceId, events).ToString();

            // Of many, that which did most.
            if (!before.Contains(file) && (!File.Exists(file) || new FileInfo(file).Length < recorded.Length))
            {
                await File.WriteAllTextAsync(file, recorded + "\n", Cancelled);
            }
        }
    }

    private async Task<string> CommitAsync(Member member, int keep = 0)
    {
        await member.Store.Sessions.AppendAsync(s_key, Words.Messages("m", 3), null, Cancelled);
        return (await member.Store.Commits.CommitAsync(s_key, new CommitRequest { KeepRecentCount = keep }, Cancelled)).Task!.TaskId;
    }

    private Task<OrchestrationMetadata> EndAsync(Member member, string id) =>
        member.Host.Client.WaitForInstanceCompletionAsync(id, Cancelled);

    private async Task StartAsync(Member member, string name, object input) => await EndAsync(
        member,
        (await member.Host.Client.ScheduleNewOrchestrationInstanceAsync(name, input, cancellationToken: Cancelled)).InstanceId);
}
