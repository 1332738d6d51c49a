using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;
using IOrchestrationServicePurgeClient = global::DurableTask.Core.IOrchestrationServicePurgeClient;

namespace DurableSessions.DurableTask.Tests;

/// <summary>What Durable Task's provider on Azure Storage does otherwise than a scheduler.</summary>
public sealed class AzureStorageTests(AzuriteFixture azurite, WholeAzurite taskHubs) : IDisposable
{
    private static readonly SessionKey s_key = new("a", "u", "s");

    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(90));

    private CancellationToken Cancelled => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task A_commit_that_failed_is_read_and_tried_again()
    {
        await using DurableHub hub = await DurableHub.OnAzureStorageAsync(taskHubs);
        int calls = 0;
        await using Member member = await StartAsync(
            hub, archive => Interlocked.Increment(ref calls) == 1 ? throw new NonRetriableTaskException("not now") : archive());
        string id = await CommitAsync(member);
        OrchestrationMetadata failed = await member.Host.Client.WaitForInstanceCompletionAsync(id, Cancelled);
        Assert.Null(failed.SerializedOutput);
        Assert.Contains("not now", failed.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
        await AssertFailedAsync(member, id, $"The server failed. The log has it under {id}.");

        await member.Store.Tasks.RetryAsync(s_key.Owner, id, Cancelled);
        await AssertCompletedAsync(member, id);
    }

    [Fact]
    public async Task A_commit_that_was_terminated_in_plain_text_is_read_and_tried_again_while_its_activity_still_runs()
    {
        await using DurableHub hub = await DurableHub.OnAzureStorageAsync(taskHubs);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int calls = 0;
        await using Member member = await StartAsync(hub, async archive =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                return await archive();
            }

            reached.SetResult();
            await over.Task;
            Task<object?> end = archive();
            await end.ContinueWith(static _ => { }, TaskScheduler.Default);
            late.SetResult();
            return await end;
        });
        Task<string> commit = CommitAsync(member);
        await reached.Task.WaitAsync(Cancelled);
        string id = Assert.Single((await member.Host.Client.ListInstancesAsync(new OrchestrationQuery(), Cancelled)).Values).InstanceId;

        // As the route of the Durable Functions extension does.
        await hub.Client.ForceTerminateTaskOrchestrationAsync(id, "enough of it");
        OrchestrationMetadata ended = await member.Host.Client.WaitForInstanceCompletionAsync(id, Cancelled);
        Assert.Equal("enough of it", ended.FailureDetails!.ErrorMessage);
        await AssertFailedAsync(member, id, "An operator terminated the commit.");

        CommitTask again = await member.Store.Tasks.RetryAsync(s_key.Owner, id, Cancelled);
        Assert.Equal((2, CommitTaskStatus.Pending), (again.Attempt, again.Status));
        await AssertCompletedAsync(member, id);

        // The call of the attempt before ends last, for a run that is no more.
        over.SetResult();
        await late.Task.WaitAsync(Cancelled);
        await AssertCompletedAsync(member, id);
        await commit.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(Cancelled);
    }

    // As the extension's routes do: purge, and start again under another id.
    [Fact]
    public async Task A_commit_that_was_purged_is_answered_from_its_record_and_one_that_is_started_again_changes_nothing()
    {
        await using DurableHub hub = await DurableHub.OnAzureStorageAsync(taskHubs);
        await using Member member = await StartAsync(hub, static () => Task.CompletedTask);
        string id = await CommitAsync(member);
        OrchestrationMetadata ended = await member.Host.Client.WaitForInstanceCompletionAsync(id, Cancelled);
        await PurgeAsync(hub, id);

        Assert.Equal(CommitTaskStatus.Completed, (await member.Store.Tasks.GetAsync(s_key.Owner, id, Cancelled)).Status);
        await Assert.ThrowsAsync<TaskNotFoundException>(() => member.Store.Tasks.RetryAsync(s_key.Owner, id, Cancelled));
        await member.Host.Client.ScheduleNewOrchestrationInstanceAsync(
            CommitNames.Orchestrator,
            JsonSerializer.Deserialize<JsonElement>(ended.SerializedInput!),
            new StartOrchestrationOptions("again"),
            Cancelled);
        await member.Host.Client.WaitForInstanceCompletionAsync("again", Cancelled);

        Audit audit = await Audit.OfAsync(member.Store, s_key);
        Assert.Single(audit.Archives);
        Assert.Equal(["m1", "m2", "m3", "m4", "m5"], audit.Everything);
        Assert.Equal(CommitTaskStatus.Completed, (await member.Store.Tasks.GetAsync(s_key.Owner, id, Cancelled)).Status);
    }

    // Nothing but what it has stored is left of it: its task is gone, and the next commit has its messages.
    [Fact]
    public async Task A_commit_that_was_terminated_and_purged_loses_no_message()
    {
        await using DurableHub hub = await DurableHub.OnAzureStorageAsync(taskHubs);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using Member member = await StartAsync(hub, () => reached.TrySetResult() ? over.Task : Task.CompletedTask);
        string id = await CommitAsync(member);
        await reached.Task.WaitAsync(Cancelled);
        await hub.Client.ForceTerminateTaskOrchestrationAsync(id, "enough of it");
        await member.Host.Client.WaitForInstanceCompletionAsync(id, Cancelled);
        await PurgeAsync(hub, id);
        over.SetResult();

        await Assert.ThrowsAsync<TaskNotFoundException>(() => member.Store.Tasks.GetAsync(s_key.Owner, id, Cancelled));
        CommitAnswer next = await member.Store.Commits.CommitAsync(s_key, new CommitRequest(), Cancelled);
        await member.Host.Client.WaitForInstanceCompletionAsync(next.Task!.TaskId, Cancelled);
        Assert.Equal(
            CommitTaskStatus.Completed, (await member.Store.Tasks.GetAsync(s_key.Owner, next.Task.TaskId, Cancelled)).Status);
        Assert.Equal(["m1", "m2", "m3", "m4", "m5"], (await Audit.OfAsync(member.Store, s_key)).Everything);
    }

    [Fact]
    public async Task A_timer_fires_not_before_its_time()
    {
        await using DurableHub hub = await DurableHub.OnAzureStorageAsync(taskHubs);
        var registry = new OrchestrationRegistry();
        registry.AddOrchestrator("wait", static () => new Waiting());
        await using IOrchestrationHost host = await hub.StartHostAsync(registry);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("wait", cancellationToken: Cancelled);

        Assert.Equal("true", (await host.Client.WaitForInstanceCompletionAsync(instance.InstanceId, Cancelled)).SerializedOutput);
    }

    private Task<Member> StartAsync(DurableHub hub, Func<Task> beforeArchiving) =>
        StartAsync(hub, activity => Wrapped.Behind(beforeArchiving, activity));

    private Task<Member> StartAsync(DurableHub hub, Func<Func<Task<object?>>, Task<object?>> archiving) =>
        StartAsync(hub, activity => new Wrapped(activity, archiving));

    private async Task<Member> StartAsync(DurableHub hub, Func<ITaskActivity, ITaskActivity> wrap) =>
        await Member.StartAsync(
            azurite,
            await azurite.NewContainerAsync(),
            hub,
            (CommitNames.ArchiveToTemp, wrap));

    private async Task<string> CommitAsync(Member member)
    {
        await member.Store.Sessions.AppendAsync(s_key, Words.Messages("m", 5), null, Cancelled);
        CommitAnswer answer = await member.Store.Commits.CommitAsync(s_key, new CommitRequest { KeepRecentCount = 2 }, Cancelled);
        return answer.Task!.TaskId;
    }

    private static async Task PurgeAsync(DurableHub hub, string id) =>
        Assert.Equal(1, (await ((IOrchestrationServicePurgeClient)hub.Client).PurgeInstanceStateAsync(id)).DeletedInstanceCount);

    private async Task AssertCompletedAsync(Member member, string id)
    {
        await member.Host.Client.WaitForInstanceCompletionAsync(id, Cancelled);
        Assert.Equal(CommitTaskStatus.Completed, (await member.Store.Tasks.GetAsync(s_key.Owner, id, Cancelled)).Status);
        Audit audit = await Audit.OfAsync(member.Store, s_key);
        Assert.Equal(["m1", "m2", "m3"], Assert.Single(audit.Archives).Texts);
        Assert.Equal(["m1", "m2", "m3", "m4", "m5"], audit.Everything);
    }

    private async Task AssertFailedAsync(Member member, string id, string error)
    {
        CommitTask task = await member.Store.Tasks.GetAsync(s_key.Owner, id, Cancelled);
        Assert.Equal((CommitTaskStatus.Failed, error), (task.Status, task.Error));
    }

    private sealed class Waiting : TaskOrchestrator<object?, bool>
    {
        public override async Task<bool> RunAsync(OrchestrationContext context, object? input)
        {
            DateTimeOffset due = context.CurrentUtcDateTime + TimeSpan.FromSeconds(1.9);
            await context.CreateTimer(due, CancellationToken.None);
            return context.CurrentUtcDateTime >= due;
        }
    }
}
