using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;
using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;

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

    private async Task<Member> StartAsync(DurableHub hub, Func<Func<Task<object?>>, Task<object?>> archiving) =>
        await Member.StartAsync(
            azurite,
            await azurite.NewContainerAsync(),
            hub,
            (CommitNames.ArchiveToTemp, activity => new Wrapped(activity, archiving)));

    private async Task<string> CommitAsync(Member member)
    {
        await member.Store.Sessions.AppendAsync(s_key, Words.Messages("m", 5), null, Cancelled);
        CommitAnswer answer = await member.Store.Commits.CommitAsync(s_key, new CommitRequest { KeepRecentCount = 2 }, Cancelled);
        return answer.Task!.TaskId;
    }

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

    private sealed class Wrapped(ITaskActivity inner, Func<Func<Task<object?>>, Task<object?>> run) : ITaskActivity
    {
        public Type InputType => inner.InputType;

        public Task<object?> RunAsync(TaskActivityContext context, object? input) => run(() => inner.RunAsync(context, input));
    }
}
