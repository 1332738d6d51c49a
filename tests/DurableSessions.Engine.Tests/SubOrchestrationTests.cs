using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>What the engine guarantees of parents and children, beyond the port.</summary>
[Collection(nameof(Simulated))]
public sealed class SubOrchestrationTests : EngineTest
{
    private const string Parent = "parent-1";
    private const string Child = "child-1";

    public SubOrchestrationTests()
    {
        Activity<int, string>("make", (length, _) => Task.FromResult(new string('a', length)));
        Activity<int, string>("hang", (_, _) => new TaskCompletionSource<string>().Task);
        Orchestrator<string, string>("waits", (context, _) => context.WaitForExternalEvent<string>("go"));
        Orchestrator<int, string>("makes", (context, length) => context.CallActivityAsync<string>("make", length));
        Orchestrator<int, int>("hangs", (context, _) => context.CallActivityAsync<int>("hang"));
        Orchestrator<int, int>("echo", (_, i) => Task.FromResult(i));
        Orchestrator<string, string>("calls", (context, name) =>
            context.CallSubOrchestratorAsync<string>(name, null, new SubOrchestrationOptions(Child)));
    }

    protected override TimeSpan Longest => TimeSpan.FromHours(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_id_that_another_instance_has_or_had_fails_the_call_and_leaves_that_one(bool isOver) => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata other = await ScheduleAsync(host.Client, "waits", "", Child);
        if (isOver)
        {
            await host.Client.RaiseEventAsync(Child, "go", "gone", Deadline);
            other = await EndOf(host.Client, other);
        }

        OrchestrationMetadata ended = await EndOf(host.Client, await ScheduleAsync(host.Client, "calls", "waits"));
        Assert.Equal(
            (OrchestrationRuntimeStatus.Failed, $"Sub-orchestration 'waits' failed: Instance '{Child}' already exists."),
            (ended.RuntimeStatus, ended.FailureDetails?.ErrorMessage));
        OrchestrationMetadata found = (await host.Client.GetInstanceAsync(Child, Deadline))!;
        Assert.Equal((other.CreatedAt, isOver, 1), (found.CreatedAt, found.IsCompleted, found.Generation));
    });

    [Fact]
    public Task Two_calls_beside_each_other_do_not_share_an_id() => RunAsync(async () =>
    {
        Orchestrator<int, string>("two", async (context, _) =>
        {
            Task<string>[] calls =
            [
                .. Enumerable.Range(0, 2).Select(
                    _ => context.CallSubOrchestratorAsync<string>("waits", "", new SubOrchestrationOptions(Child))),
            ];
            await Task.WhenAny(calls);
            return calls.Single(static c => c.IsFaulted).Exception!.InnerException!.Message;
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata ended = await EndOf(host.Client, await ScheduleAsync(host.Client, "two", 1));

        Assert.Contains("already exists", ended.SerializedOutput, StringComparison.Ordinal);
    });

    [Fact]
    public Task Once_the_end_of_a_child_is_decided_nothing_gives_it_another() => RunAsync(async () =>
    {
        var away = new FaultTransport();
        away.When(static r => r.Blob.Contains(Parent, StringComparison.Ordinal), Fault.FailBeforeSending, times: int.MaxValue);
        EmbeddedHost ofParent = await Hub.StartAsync(Only("calls"), ShortOwnership);
        EmbeddedHost ofChild = await Hub.StartAsync(Only("waits"), ShortOwnership, away.Configure);
        OrchestrationMetadata parent = await ScheduleAsync(ofParent.Client, "calls", "waits");
        await UntilItRunsAsync(ofParent.Client);
        await ofParent.Client.RaiseEventAsync(Child, "go", "done", Deadline);
        while (!(await Active(Child).DownloadContentAsync(Deadline)).Value.Content.ToString().Contains("decided", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
        }

        Assert.False(await ofParent.Client.RaiseEventAsync(Child, "go", "late", Deadline));
        await ofParent.Client.TerminateInstanceAsync(Child, "too late", Deadline);
        await ofChild.KillAsync();

        // No host needs the orchestrator for it.
        await using EmbeddedHost next = await Hub.StartAsync(Only("calls"), ShortOwnership);
        Assert.Equal("\"done\"", (await EndOf(next.Client, parent)).SerializedOutput);
        OrchestrationMetadata child = await next.Client.WaitForInstanceCompletionAsync(Child, Deadline);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "\"done\""), (child.RuntimeStatus, child.SerializedOutput));
        await ofParent.KillAsync();
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_result_for_an_earlier_instance_of_the_id_is_dropped(bool isLoaded) => RunAsync(async () =>
    {
        Orchestrator<bool, string>("calls-other", async (context, holds) =>
        {
            Task<string> child = context.CallSubOrchestratorAsync<string>("waits", null, new SubOrchestrationOptions("child-2"));
            _ = holds ? context.CallActivityAsync<string>("hang") : null;
            return await child;
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata first = await ScheduleAsync(host.Client, "calls", "waits");
        await UntilItRunsAsync(host.Client);
        await host.Client.TerminateInstanceAsync(Parent, "again", Deadline);
        await EndOf(host.Client, first);
        OrchestrationMetadata second = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "calls-other",
            isLoaded,
            new StartOrchestrationOptions(Parent) { ReusableStatuses = [OrchestrationRuntimeStatus.Terminated] },
            Deadline);
        await UntilItRunsAsync(host.Client, "child-2");
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        BlobProperties before = await Active(Parent).GetPropertiesAsync(cancellationToken: Deadline);
        await host.Client.RaiseEventAsync(Child, "go", "old", Deadline);
        await host.Client.WaitForInstanceCompletionAsync(Child, Deadline);

        // One that waits is not even woken.
        BlobProperties after = await Active(Parent).GetPropertiesAsync(cancellationToken: Deadline);
        Assert.True(isLoaded || after.ETag == before.ETag);
        await host.Client.RaiseEventAsync("child-2", "go", "new", Deadline);

        Assert.Equal((2, "\"new\""), (second.Generation, (await EndOf(host.Client, second)).SerializedOutput));
    });

    [Fact]
    public Task A_host_that_stops_leaves_calls_whose_children_it_could_not_create_to_another() => RunAsync(async () =>
    {
        var longOwnership = new EngineOptions { Ownership = TimeSpan.FromDays(1), SweepInterval = TimeSpan.FromSeconds(5) };
        var away = new FaultTransport();
        away.When(static r => r.Blob.Contains(Child, StringComparison.Ordinal), Fault.FailBeforeSending, times: int.MaxValue);
        EmbeddedHost first = await Hub.StartAsync(Registry, longOwnership, away.Configure);
        OrchestrationMetadata parent = await ScheduleAsync(first.Client, "calls", "waits");
        await UntilItRunsAsync(first.Client, Parent);
        await first.StopAsync();
        await using EmbeddedHost second = await Hub.StartAsync(Registry, longOwnership);
        await UntilItRunsAsync(second.Client);
        await second.Client.RaiseEventAsync(Child, "go", "done", Deadline);

        Assert.Equal("\"done\"", (await EndOf(second.Client, parent)).SerializedOutput);
    });

    [Fact]
    public Task A_run_does_not_receive_the_result_of_a_child_of_the_run_before() => RunAsync(async () =>
    {
        Orchestrator<int, string>("two-runs", async (context, run) =>
        {
            Task<string> child = context.CallSubOrchestratorAsync<string>("waits", null, new SubOrchestrationOptions($"of-run-{run}"));
            if (run == 1)
            {
                await context.WaitForExternalEvent<string>("next");
                context.ContinueAsNew(2);
                return "";
            }

            return await child;
        });
        OrchestrationClient client = await StartAsync();
        OrchestrationMetadata parent = await client.ScheduleNewOrchestrationInstanceAsync("two-runs", 1);
        await UntilItRunsAsync(client, "of-run-1");
        await client.RaiseEventAsync(parent.InstanceId, "next", "", Deadline);
        await UntilItRunsAsync(client, "of-run-2");
        await client.RaiseEventAsync("of-run-1", "go", "first", Deadline);
        await EndOf(client, (await client.GetInstanceAsync("of-run-1"))!);
        await client.RaiseEventAsync("of-run-2", "go", "second", Deadline);

        Assert.Equal("\"second\"", (await EndOf(client, parent)).SerializedOutput);
    });

    /// <remarks>The blob of its end repeats the error, and so has no room where that of its decision has.</remarks>
    [Fact]
    public Task A_child_whose_end_is_decided_ends_though_it_is_beyond_the_limit() => RunAsync(async () =>
    {
        const int Length = 4_000;
        const int BytesOfCharacter = 6;
        int result = (EngineLimits.InstanceBytes - (Length * BytesOfCharacter) - 12_000) / 4;
        Orchestrator<int, string>("barely", async (context, _) =>
        {
            for (int i = 0; i < 4; i++)
            {
                await context.CallActivityAsync<string>("make", result);
            }

            throw new InvalidOperationException(new string('\u0001', Length));
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata parent = await EndOf(host.Client, await ScheduleAsync(host.Client, "calls", "barely"));
        OrchestrationMetadata child = await host.Client.WaitForInstanceCompletionAsync(Child, Deadline);

        Assert.Equal(new string('\u0001', Length), child.FailureDetails?.ErrorMessage);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, parent.RuntimeStatus);
        BlobProperties finished = await Hub.Container.GetBlobClient($"orchestrations/finished/{Child}.json")
            .GetPropertiesAsync(cancellationToken: Deadline);
        Assert.True(finished.ContentLength > EngineLimits.InstanceBytes);
    });

    [Fact]
    public Task Results_of_children_take_no_room_among_the_messages_that_a_later_run_remembers() => RunAsync(async () =>
    {
        Orchestrator<int, int>("runs", async (context, run) =>
        {
            int echoed = await context.CallSubOrchestratorAsync<int>("echo", run);
            if (run < 3)
            {
                context.ContinueAsNew(echoed + 1);
                return 0;
            }

            return await context.CallSubOrchestratorAsync<string>("waits", null, new SubOrchestrationOptions(Child)) == "go" ? run : -1;
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata parent = await ScheduleAsync(host.Client, "runs", 1);
        await UntilItRunsAsync(host.Client);
        string stored = (await Active(Parent).DownloadContentAsync(Deadline)).Value.Content.ToString();
        Assert.DoesNotContain("taken", stored, StringComparison.Ordinal);
        await host.Client.RaiseEventAsync(Child, "go", "go", Deadline);
        Assert.Equal("3", (await EndOf(host.Client, parent)).SerializedOutput);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_child_that_cannot_be_read_fails_its_parent(bool parentIsOver) => RunAsync(async () =>
    {
        EmbeddedHost dead = await Hub.StartAsync(Registry, ShortOwnership);
        OrchestrationMetadata parent = await ScheduleAsync(dead.Client, "calls", "hangs");
        await UntilItRunsAsync(dead.Client);
        if (parentIsOver)
        {
            await dead.Client.TerminateInstanceAsync(Parent, "over", Deadline);
            await EndOf(dead.Client, parent);
        }

        await dead.KillAsync();
        BlobProperties before = await Active(Child).GetPropertiesAsync(cancellationToken: Deadline);
        await Active(Child).UploadAsync(
            BinaryData.FromString("{"), new BlobUploadOptions { Metadata = before.Metadata }, Deadline);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        OrchestrationMetadata ended = await EndOf(host.Client, parent);
        while (await HasActiveBlobAsync(Child))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
        }

        OrchestrationMetadata child = (await host.Client.GetInstanceAsync(Child, Deadline))!;
        Assert.Equal(
            parentIsOver ? "over" : "Sub-orchestration 'hangs' failed: The stored instance could not be read.",
            ended.FailureDetails?.ErrorMessage);
        Assert.Equal("The stored instance could not be read.", child.FailureDetails?.ErrorMessage);
        BlobClient kept = Hub.Container.GetBlobClient($"orchestrations/unreadable/{Child}.json");
        Assert.Equal("{", (await kept.DownloadContentAsync(Deadline)).Value.Content.ToString());
        Assert.True(await host.Client.PurgeInstanceAsync(Child, Deadline));
        Assert.False(await kept.ExistsAsync(Deadline));
    });

    [Fact]
    public Task A_child_that_goes_beyond_a_limit_fails_its_parent_with_that_limit() => RunAsync(async () =>
    {
        Orchestrator<int, string>("too-many", async (context, _) =>
        {
            await Task.WhenAll(Enumerable.Range(0, EngineLimits.HistoryEntries).Select(_ => context.CallActivityAsync<string>("make", 1)));
            return "done";
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata ended = await EndOf(host.Client, await ScheduleAsync(host.Client, "calls", "too-many"));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.RuntimeStatus);
        Assert.Contains($"'{Child}' has more than 2000 entries", ended.FailureDetails!.ErrorMessage, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_result_that_has_no_room_in_the_parent_fails_its_call() => RunAsync(async () =>
    {
        Orchestrator<int, string>("collects", async (context, _) =>
        {
            for (int i = 0; ; i++)
            {
                try
                {
                    await context.CallSubOrchestratorAsync<string>("makes", 900_000);
                }
                catch (TaskFailedException e)
                {
                    return string.Create(CultureInfo.InvariantCulture, $"{i}: {e.FailureDetails.ErrorMessage}");
                }
            }
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata ended = await EndOf(host.Client, await ScheduleAsync(host.Client, "collects", 1));

        Assert.StartsWith("\"4: ", ended.SerializedOutput, StringComparison.Ordinal);
        Assert.Contains($"the limit is {EngineLimits.InstanceBytes}", ended.SerializedOutput, StringComparison.Ordinal);
    });

    [Fact]
    public Task More_children_than_a_history_has_room_for_are_not_created() => RunAsync(async () =>
    {
        Orchestrator<int, string>("calls-too-many", async (context, _) =>
        {
            await Task.WhenAll(
                Enumerable.Range(0, EngineLimits.HistoryEntries).Select(i => context.CallSubOrchestratorAsync<int>("echo", i)));
            return "done";
        });
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata ended = await EndOf(host.Client, await ScheduleAsync(host.Client, "calls-too-many", 1));

        Assert.Contains("2000 entries", ended.FailureDetails?.ErrorMessage, StringComparison.Ordinal);
        Assert.Single((await host.Client.ListInstancesAsync(new OrchestrationQuery(), Deadline)).Values);
    });

    [Fact]
    public Task A_parent_that_waits_holds_no_place_and_needs_no_requests() => RunAsync(async () =>
    {
        Orchestrator<int, int>("deep", async (context, depth) =>
            depth == 0 ? 1 : 1 + await context.CallSubOrchestratorAsync<int>("deep", depth - 1));
        await using EmbeddedHost host = await Hub.StartAsync(Registry, new EngineOptions { MaxLoadedInstances = 1 });

        Assert.Equal("5", (await EndOf(host.Client, await ScheduleAsync(host.Client, "deep", 4))).SerializedOutput);
        var log = new RequestLog();
        await using EmbeddedHost other = await Hub.StartAsync(Registry, configure: log.Configure);
        OrchestrationMetadata waits = await ScheduleAsync(other.Client, "calls", "waits", "waiting");
        await UntilItRunsAsync(host.Client);
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        log.Clear();
        await Task.Delay(TimeSpan.FromMinutes(10), Time, Deadline);
        Assert.DoesNotContain(log.Requests, static r => r.Blob.Contains("waiting", StringComparison.Ordinal));
        await host.Client.RaiseEventAsync(Child, "go", "done", Deadline);
        Assert.Equal("\"done\"", (await EndOf(host.Client, waits)).SerializedOutput);
    });

    [Fact]
    public Task A_child_is_created_once_however_often_its_parent_is_claimed() => RunAsync(async () =>
    {
        const int Children = 20;
        Orchestrator<int, int>("many", async (context, _) => (await Task.WhenAll(Enumerable.Range(0, Children)
            .Select(i => context.CallSubOrchestratorAsync<string>("waits", "", new SubOrchestrationOptions($"of-many-{i}"))))).Length);
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, configure: log.Configure);
        OrchestrationMetadata parent = await ScheduleAsync(host.Client, "many", 1);
        for (int i = 0; i < Children; i++)
        {
            await UntilItRunsAsync(host.Client, $"of-many-{i}");
        }

        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        log.Clear();
        for (int i = 0; i < Children; i++)
        {
            await host.Client.RaiseEventAsync($"of-many-{i}", "go", "", Deadline);
            await host.Client.WaitForInstanceCompletionAsync($"of-many-{i}", Deadline);
            await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        }

        Assert.Equal($"{Children}", (await EndOf(host.Client, parent)).SerializedOutput);

        // Looking to a child once more would be a read of each that is left, at each claim: 190 reads.
        int reads = log.Requests.Count(static r => !r.IsWrite && r.Blob.Contains("/active/of-many", StringComparison.Ordinal));
        Assert.InRange(reads, Children, 5 * Children);
    });

    [Fact]
    public Task A_child_has_the_fairness_key_of_its_parent_and_both_are_left_alone_by_hosts_of_version_2() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata parent = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "calls", "waits", new StartOrchestrationOptions(Parent) { FairnessKey = "tenant-7" }, Deadline);
        await UntilItRunsAsync(host.Client);
        Assert.Equal("tenant-7", (await host.Client.GetInstanceAsync(Child, Deadline))!.FairnessKey);
        Assert.Equal(("3", "3"), (await VersionAsync("active", Parent), await VersionAsync("active", Child)));
        await host.Client.RaiseEventAsync(Child, "go", "done", Deadline);
        await EndOf(host.Client, parent);
        await host.Client.WaitForInstanceCompletionAsync(Child, Deadline);
        Assert.Equal(("3", "3"), (await VersionAsync("finished", Parent), await VersionAsync("finished", Child)));
    });

    private async Task<string?> VersionAsync(string folder, string id) =>
        (await Hub.Container.GetBlobClient($"orchestrations/{folder}/{id}.json").GetPropertiesAsync(cancellationToken: Deadline))
        .Value.Metadata.TryGetValue("version", out string? found) ? found : null;

    private BlobClient Active(string id) => Hub.Container.GetBlobClient($"orchestrations/active/{id}.json");

    private Task<OrchestrationMetadata> ScheduleAsync(OrchestrationClient client, string name, object input, string id = Parent) =>
        client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id), Deadline);

    private async Task UntilItRunsAsync(OrchestrationClient client, string id = Child)
    {
        while ((await client.GetInstanceAsync(id, Deadline))?.RuntimeStatus != OrchestrationRuntimeStatus.Running)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), Time, Deadline);
        }
    }

    private OrchestrationRegistry Only(string orchestrator) =>
        new OrchestrationRegistry().AddOrchestrator(orchestrator, Registry.Orchestrators[orchestrator]);
}
