using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>An instance whose blob was damaged, and one that a newer version has written.</summary>
[Collection(nameof(Simulated))]
public sealed class UnreadableTests : EngineTest
{
    private const string Id = "damaged";

    private int _calls;

    public UnreadableTests()
    {
        Activity<int, string>("hang", (_, _) =>
        {
            Interlocked.Increment(ref _calls);
            return new TaskCompletionSource<string>().Task;
        });
        Orchestrator<int, string>("hanging", async (context, _) => await context.CallActivityAsync<string>("hang", 1));
        Orchestrator<int, int>("plain", (_, i) => Task.FromResult(i));
        Orchestrator<int, string>("waiting", async (context, _) => await context.WaitForExternalEvent<string>("go"));
    }

    public static TheoryData<string> Damages => ["", "{", "null", "[]", "7", "{}", "\0\0\0\0", """{"id":"damaged","history":7}"""];

    public static TheoryData<FaultKind, int> Points =>
        [.. Enum.GetValues<FaultKind>().SelectMany(static kind => Enumerable.Range(1, 8).Select(n => (kind, n)))];

    protected override TimeSpan Longest => TimeSpan.FromHours(1);

    private BlobClient Active => Hub.Container.GetBlobClient($"orchestrations/active/{Id}.json");

    private BlobClient Kept => Hub.Container.GetBlobClient($"orchestrations/unreadable/{Id}.json");

    [Theory]
    [MemberData(nameof(Damages))]
    public Task It_has_failed_and_holds_up_nothing(string damage) => RunAsync(async () =>
    {
        await LeaveDamagedAsync(damage);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        await UntilGoneAsync();
        Assert.Equal(damage, (await Kept.DownloadContentAsync(Deadline)).Value.Content.ToString());
        await CheckFailedAsync(host.Client);
        Assert.Empty((await host.Client.GetHistoryAsync(Id, Deadline))!);
        OrchestrationPage page = await host.Client.ListInstancesAsync(new OrchestrationQuery(), Deadline);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, Assert.Single(page.Values, static m => m.InstanceId == Id).RuntimeStatus);

        OrchestrationMetadata again = await host.Client.ScheduleNewOrchestrationInstanceAsync(
            "plain", 7, new StartOrchestrationOptions(Id) { ReusableStatuses = [OrchestrationRuntimeStatus.Failed] }, Deadline);
        Assert.Equal(2, again.Generation);
        Assert.Equal("7", (await EndOf(host.Client, again)).SerializedOutput);
        Assert.True(await host.Client.PurgeInstanceAsync(Id, Deadline));
        Assert.Null(await host.Client.GetInstanceAsync(Id, Deadline));
    });

    [Theory]
    [MemberData(nameof(Points))]
    public Task Whatever_comes_of_a_request_it_fails_and_nothing_of_it_is_lost(FaultKind kind, int request) => RunAsync(async () =>
    {
        await LeaveDamagedAsync("{");
        var transport = new FaultTransport();
        Func<Task> deliver = transport.Inject(kind, request);
        EmbeddedHost faulty = await Hub.StartAsync(Registry, ShortOwnership, transport.Configure);
        await Task.Delay(TimeSpan.FromSeconds(30), Time, Deadline);
        await faulty.KillAsync();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        await UntilGoneAsync();
        await deliver();
        await CheckFailedAsync(host.Client);
        Assert.Equal("{", (await Kept.DownloadContentAsync(Deadline)).Value.Content.ToString());
        Assert.False(await Active.ExistsAsync(Deadline));
        Assert.True(await host.Client.PurgeInstanceAsync(Id, Deadline));
        Assert.False(await Kept.ExistsAsync(Deadline));
    });

    [Fact]
    public Task While_its_owner_may_live_it_is_left_to_it() => RunAsync(async () =>
    {
        await using EmbeddedHost owner = await Hub.StartAsync(Registry, ShortOwnership with { Ownership = TimeSpan.FromMinutes(5) });
        await StartAsync(owner.Client, "hanging");
        await DamageAsync("{");
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        await Task.Delay(TimeSpan.FromSeconds(241), Time, Deadline);
        Assert.True(await Active.ExistsAsync(Deadline));
        await Assert.ThrowsAnyAsync<Exception>(() => host.Client.GetInstanceAsync(Id, Deadline));
        await Task.Delay(TimeSpan.FromSeconds(10), Time, Deadline);
        Assert.True(await Active.ExistsAsync(Deadline));
        await Task.Delay(TimeSpan.FromMinutes(2), Time, Deadline);
        Assert.False(await Active.ExistsAsync(Deadline));
        await CheckFailedAsync(owner.Client);
    });

    [Fact]
    public Task One_that_waits_for_a_message_fails_when_one_comes() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        await StartAsync(host.Client, "waiting");
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        await DamageAsync("{");
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        Assert.True(await Active.ExistsAsync(Deadline));
        await host.Client.TerminateInstanceAsync(Id, "damaged", Deadline);
        await CheckFailedAsync(host.Client);
    });

    [Fact]
    public Task One_that_waits_for_a_message_fails_when_it_is_read() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        await StartAsync(host.Client, "waiting");
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        await DamageAsync("{");
        await Assert.ThrowsAnyAsync<Exception>(() => host.Client.GetInstanceAsync(Id, Deadline));
        await Task.Delay(TimeSpan.FromSeconds(1), Time, Deadline);
        await CheckFailedAsync(host.Client);
    });

    [Fact]
    public Task One_that_is_over_has_failed_and_is_purged() => RunAsync(async () =>
    {
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        await EndOf(host.Client, await StartAsync(host.Client, "plain"));
        await DamageAsync("{", "finished");
        await CheckFailedAsync(host.Client);
        Assert.True(await host.Client.PurgeInstanceAsync(Id, Deadline));
        Assert.Null(await host.Client.GetInstanceAsync(Id, Deadline));
    });

    [Fact]
    public Task What_a_newer_version_has_written_is_left_alone() => RunAsync(async () =>
    {
        await LeaveDamagedAsync("{", version: "4");
        var log = new RequestLog();
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership, log.Configure);
        await Task.Delay(TimeSpan.FromMinutes(5), Time, Deadline);
        Assert.DoesNotContain(log.Requests, static r => r.Blob.Contains(Id, StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<Exception>(() => host.Client.GetInstanceAsync(Id, Deadline));
        await Assert.ThrowsAnyAsync<Exception>(() => host.Client.TerminateInstanceAsync(Id, "newer", Deadline));
        await Task.Delay(TimeSpan.FromMinutes(5), Time, Deadline);
        Assert.Equal("{", (await Active.DownloadContentAsync(Deadline)).Value.Content.ToString());
        Assert.False(await Kept.ExistsAsync(Deadline));
        Assert.Empty((await host.Client.ListInstancesAsync(new OrchestrationQuery(), Deadline)).Values);
    });

    [Theory]
    [InlineData(null, false)]
    [InlineData("1", false)]
    [InlineData("2", false)]
    [InlineData("3", false)]
    [InlineData("4", true)]
    [InlineData("4.1-beta", true)]
    public Task An_instance_of_a_version_that_is_known_runs(string? version, bool isLeft) => RunAsync(async () =>
    {
        EmbeddedHost never = await Hub.StartAsync(Registry, start: false);
        OrchestrationMetadata instance = await StartAsync(never.Client, "plain");
        await SetVersionAsync(version);
        await using EmbeddedHost host = await Hub.StartAsync(Registry, ShortOwnership);
        Exception? refused = await Record.ExceptionAsync(() => host.Client.TerminateInstanceAsync(Id, "ended", Deadline));
        Assert.Equal(isLeft, refused is not null);
        await Task.Delay(TimeSpan.FromMinutes(1), Time, Deadline);
        Assert.Equal(isLeft, await HasActiveBlobAsync(instance.InstanceId));
    });

    // Its host died while it ran.
    private async Task LeaveDamagedAsync(string damage, string? version = null)
    {
        EmbeddedHost dead = await Hub.StartAsync(Registry, ShortOwnership);
        await StartAsync(dead.Client, "hanging");
        await UntilAsync(() => _calls == 1);
        await dead.KillAsync();
        await DamageAsync(damage);
        if (version is not null)
        {
            await SetVersionAsync(version);
        }
    }

    private Task<OrchestrationMetadata> StartAsync(OrchestrationClient client, string orchestrator) =>
        client.ScheduleNewOrchestrationInstanceAsync(orchestrator, 7, new StartOrchestrationOptions(Id), Deadline);

    private async Task DamageAsync(string content, string folder = "active")
    {
        BlobClient blob = Hub.Container.GetBlobClient($"orchestrations/{folder}/{Id}.json");
        BlobProperties before = await blob.GetPropertiesAsync(cancellationToken: Deadline);
        await blob.UploadAsync(BinaryData.FromString(content), new BlobUploadOptions { Metadata = before.Metadata }, Deadline);
    }

    private async Task SetVersionAsync(string? version)
    {
        BlobDownloadResult before = await Active.DownloadContentAsync(Deadline);
        var metadata = new Dictionary<string, string>(before.Details.Metadata);
        if (version is not null)
        {
            metadata["version"] = version;
        }

        await Active.UploadAsync(before.Content, new BlobUploadOptions { Metadata = metadata }, Deadline);
    }

    private async Task UntilGoneAsync()
    {
        while (await Active.ExistsAsync(Deadline))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), Time, Deadline);
        }
    }

    private async Task CheckFailedAsync(OrchestrationClient client)
    {
        OrchestrationMetadata? instance = await client.GetInstanceAsync(Id, Deadline);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, instance?.RuntimeStatus);
        Assert.Equal("The stored instance could not be read.", instance!.FailureDetails!.ErrorMessage);
        Assert.Null(instance.SerializedInput);
    }
}
