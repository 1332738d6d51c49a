using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Appending;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>
/// Storage carries out a second copy of the request that created a segment, once that segment is gone: it is there again, empty and
/// open. Hosts that have heard of nothing neither write into it nor take it for what it was.
/// </summary>
public sealed class RevivedSegmentTests(SimulatedFixture storage) : IDisposable
{
    private readonly SessionKey _key = new("acme", "ada", "s1");
    private readonly SentTwice _creation = new();
    private readonly SentTwice _second = new();
    private readonly List<Host> _hosts = [];
    private string _container = "";

    /// <summary>What a host knows that hears of nothing any more.</summary>
    public enum Knows
    {
        TheEmptySession,
        AMessage,
        AllMessages,
    }

    public static MatrixTheoryData<Knows, bool> Appends => new(Enum.GetValues<Knows>(), [false, true]);

    public static MatrixTheoryData<Knows, bool, bool> UnknownOutcomes => new(Enum.GetValues<Knows>(), [false, true], [false, true]);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Appends))]
    public async Task An_append_after_a_deletion_is_in_a_session_of_its_own(Knows knows, bool keyed)
    {
        (Host host, Host late) = await StartAsync(knows);
        CommitInput session = await host.AcceptAsync(_key, "c1");
        await host.DeleteAsync(session);
        await host.DeleteBlobsAsync(session);
        await ReviveAsync();

        await late.AppendAsync(_key, keyed ? new IdempotencyKey("k", "r"u8) : null, "new");

        Assert.Equal(["new"], (await host.AuditAsync(_key)).Everything);
    }

    [Theory]
    [MemberData(nameof(Appends))]
    public async Task An_append_after_a_switch_is_behind_what_was_switched(Knows knows, bool keyed)
    {
        (Host host, Host late) = await StartAsync(knows);
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await ReviveAsync();

        await late.AppendAsync(_key, keyed ? new IdempotencyKey("k", "r"u8) : null, "new");

        Assert.Equal(["m1", "m2", "new"], (await host.AuditAsync(_key)).Everything);
    }

    [Theory]
    [MemberData(nameof(UnknownOutcomes))]
    public async Task An_append_of_unknown_outcome_is_stored_once(Knows knows, bool applied, bool isSealed)
    {
        (Host host, Host late) = await StartAsync(knows);
        var retry = new HoldsRequest();
        late.Faults
            .When(static r => r.Comp == "appendblock", applied ? Fault.DropAnswer : Fault.Respond(503, "ServerBusy"))
            .When(static r => r.Comp == "appendblock", retry);
        Task<AppendResult> append = late.AppendAsync(_key, "m3");
        await retry.Arrived;
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        AppendBlobClient revived = await ReviveAsync();
        if (isSealed)
        {
            // As a host does that goes by an old manifest, in which another segment comes after it.
            await revived.SealAsync(cancellationToken: Cancelled);
        }

        Assert.InRange(await retry.ReleaseAsync(), 409, 412);
        await append;

        Assert.Equal(["m1", "m2", "m3"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_reader_that_has_read_the_manifest_before_finds_every_message()
    {
        (Host host, _) = await StartAsync(Knows.AllMessages);
        Host reader = await NewHostAsync();
        var reading = new HoldsRequest();
        reader.Faults.When(static r => r.Is("GET", "segments/"), reading);
        Task<SessionContext> context = reader.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled);
        await reading.Arrived;
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await ReviveAsync();
        await reading.ReleaseAsync();

        Assert.Equal((1, 0), ((await context).IncludedArchives, (await context).Messages.Count));
        Assert.Contains("m1", (await context).Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_counts_messages_by_an_old_manifest_counts_every_one()
    {
        (Host host, Host late) = await StartAsync(Knows.AMessage);
        var reading = new HoldsRequest();
        late.Faults.When(static r => r.Is("GET", "segments/"), reading);
        Task<SessionInfo> info = late.Store.Sessions.GetAsync(_key, false, Cancelled);
        await reading.Arrived;
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await ReviveAsync();
        await reading.ReleaseAsync();

        Assert.Equal((0, 2), ((await info).MessageCount, (await info).TotalMessageCount));
    }

    [Fact]
    public async Task A_repetition_is_recognised_although_its_segment_came_back_empty()
    {
        var key = new IdempotencyKey("k", "r"u8);
        (Host host, Host late) = await StartAsync(Knows.TheEmptySession);
        await host.AppendAsync(_key, key, "said once");
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        CommitProgress staged = await host.ArchiveToTempAsync(commit);
        Host other = await NewHostAsync();
        var reading = new HoldsRequest();

        // Once for the view, and then for the keys.
        other.Faults.When(static r => IsOfFirst(r), reading, skip: 1);
        Task<AppendResult> append = other.AppendAsync(_key, key, "said once");
        await reading.Arrived;
        await host.ClearLiveAsync(commit, staged);
        await host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        await ReviveAsync();
        await reading.ReleaseAsync();
        await append;

        Assert.Equal(["m1", "m2", "said once"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_repetition_is_recognised_by_a_host_that_knew_the_segment_before_it_came_back_empty()
    {
        var key = new IdempotencyKey("k1", "r"u8);
        (Host host, Host late) = await StartAsync(Knows.AllMessages);
        await late.AppendAsync(_key, new IdempotencyKey("k0", "r"u8), "of this host");
        await host.AppendAsync(_key, key, "said once");
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        CommitProgress staged = await host.ArchiveToTempAsync(commit);

        // It sees the cut, and nothing after it.
        await late.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled);
        await host.ClearLiveAsync(commit, staged);
        await host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        await ReviveAsync();

        await late.AppendAsync(_key, key, "said once");

        Assert.Equal(["m1", "m2", "of this host", "said once"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_repetition_is_recognised_by_a_host_that_helped_when_the_segment_had_come_back_empty()
    {
        var key = new IdempotencyKey("k1", "r"u8);
        (Host host, Host late) = await StartAsync(Knows.TheEmptySession);
        await late.AppendAsync(_key, new IdempotencyKey("k0", "r"u8), "of this host");
        await host.CommitAsync(await host.AcceptAsync(_key, "c0"));

        // It knows that nothing is live, and every key.
        await late.Store.Sessions.GetAsync(_key, false, Cancelled);
        await late.AppendAsync(_key, new IdempotencyKey("k0", "r"u8), "of this host");
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        await host.AppendAsync(_key, key, "said once");
        CommitProgress staged = await host.ArchiveToTempAsync(commit);
        var sealing = new HoldsRequest();
        late.Faults.When(static r => r.Comp == "seal", sealing);
        Task<CommitProgress> helping = late.ArchiveToTempAsync(commit);
        await sealing.Arrived;
        await host.ClearLiveAsync(commit, staged);
        await host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        Assert.Equal([201], await _second.DeliverCopiesAsync());
        await sealing.ReleaseAsync();
        await helping;

        await late.AppendAsync(_key, key, "said once");

        Assert.Equal(["m1", "m2", "of this host", "said once"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_segment_that_comes_back_empty_in_the_middle_of_a_reading_is_not_at_its_end()
    {
        (Host host, _) = await StartAsync(Knows.AllMessages);
        string[] texts = [.. Enumerable.Range(0, 6).Select(static n => $"{n}-{new string('x', 400_000)}")];
        foreach (string text in texts)
        {
            await host.AppendAsync(_key, text);
        }

        Host reader = await NewHostAsync();
        var reading = new HoldsRequest();
        reader.Faults.When(static r => IsOfFirst(r), reading, skip: 1);
        Task<SessionContext> context = reader.Store.Sessions.ReadContextAsync(_key, 10_000_000, Cancelled);
        await reading.Arrived;
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await ReviveAsync();
        await reading.ReleaseAsync();

        Assert.Equal((1, 0), ((await context).IncludedArchives, (await context).Messages.Count));
    }

    [Fact]
    public async Task An_append_of_unknown_outcome_to_a_full_segment_is_stored_once()
    {
        (Host host, Host late) = await StartAsync(Knows.AllMessages);
        var reading = new HoldsRequest();
        late.Faults
            .When(static r => r.Comp == "appendblock", Fault.DropAnswer)
            .When(static r => r.Comp == "appendblock", Fault.Respond(409, "BlockCountExceedsLimit"))
            .When(static r => IsOfFirst(r), reading);
        Task<AppendResult> append = late.AppendAsync(_key, "m3");
        await reading.Arrived;
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await ReviveAsync();
        await reading.ReleaseAsync();
        await append;

        Assert.Equal(["m1", "m2", "m3"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_host_that_helps_by_an_old_manifest_gives_way_to_the_one_in_storage()
    {
        (Host host, Host late) = await StartAsync(Knows.AllMessages);
        await host.Store.Sessions.ConfigureAsync(_key, static settings => settings, Cancelled);
        await host.AppendAsync(_key, "m3");
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        CommitProgress staged = await host.ArchiveToTempAsync(commit);

        // It sees the cut, and nothing after it.
        await late.Store.Sessions.ReadContextAsync(_key, 1_000, Cancelled);
        await host.ClearLiveAsync(commit, staged);
        var deleting = new HoldsRequest();
        host.Faults.When(static r => r.Method == "DELETE" && r.Blob.Contains("/000002-", StringComparison.Ordinal), deleting);
        Task<CommitProgress> switching = host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        await deleting.Arrived;
        await ReviveAsync();
        await host.AppendAsync(_key, "m4");

        Assert.Equal(1, (await late.ArchiveToTempAsync(await host.AcceptAsync(_key, "c2"))).Counts?.Messages);
        await deleting.ReleaseAsync();
        await switching;
        Assert.Equal(["m1", "m2", "m3", "m4"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task An_audit_by_an_old_manifest_does_not_miss_the_seal_of_what_came_back()
    {
        (Host host, Host late) = await StartAsync(Knows.AllMessages);
        CommitInput commit = await host.AcceptAsync(_key, "c1");
        CommitProgress staged = await host.ArchiveToTempAsync(commit);
        await host.AppendAsync(_key, "m3");
        var looking = new HoldsRequest();
        late.Faults.When(IsOfFirst, looking);
        Task<List<Finding>> audit = late.Store.Audit
            .RunAsync(new AuditOptions(), cancellationToken: Cancelled)
            .ToListAsync(Cancelled)
            .AsTask();
        await looking.Arrived;
        await host.ClearLiveAsync(commit, staged);
        await host.SwitchAsync(commit, await host.SemanticProcessAsync(commit));
        await ReviveAsync();
        await looking.ReleaseAsync();

        Assert.DoesNotContain(await audit, static finding => finding.Severity == FindingSeverity.Error);
    }

    public void Dispose() => _hosts.ForEach(static host => host.Dispose());

    private static bool IsOfFirst(StorageRequest request) =>
        request.Method is "GET" or "HEAD" && request.Blob.StartsWith("segments/", StringComparison.Ordinal)
        && request.Blob.Contains("/000001-", StringComparison.Ordinal);

    private async Task<Host> NewHostAsync()
    {
        Host host = await Host.StartAsync(storage, _container);
        _hosts.Add(host);
        return host;
    }

    private async Task<(Host Host, Host Late)> StartAsync(Knows knows)
    {
        _container = (await storage.NewContainerAsync()).Name;
        Host host = await NewHostAsync();
        Host late = await NewHostAsync();
        host.Faults
            .When(static r => r.Is("PUT", "segments/"), _creation)
            .When(static r => r.Is("PUT", "segments/") && r.Comp.Length == 0, _second);
        await host.Store.Sessions.CreateAsync(new UserKey("acme", "ada"), "s1", new SessionSettings(), null, Cancelled);
        foreach (Knows now in Enum.GetValues<Knows>())
        {
            if (now == knows)
            {
                await late.Store.Sessions.GetAsync(_key, false, Cancelled);
            }

            if (now != Knows.AllMessages)
            {
                await host.AppendAsync(_key, $"m{(int)now + 1}");
            }
        }

        return (host, late);
    }

    private async Task<AppendBlobClient> ReviveAsync()
    {
        BlobContainerClient container = (await storage.ConnectAsync(_container)).Container;
        HashSet<string> before = [.. await NamesAsync()];
        Assert.Equal([201], await _creation.DeliverCopiesAsync());
        return container.GetAppendBlobClient(Assert.Single(await NamesAsync(), name => !before.Contains(name)));

        ValueTask<List<string>> NamesAsync() =>
            container.GetBlobsAsync(cancellationToken: Cancelled).Select(static b => b.Name).ToListAsync(Cancelled);
    }
}
