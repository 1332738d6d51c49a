using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>Rules 3 and 5 of "Appending": a commit on another host seals, archives and deletes segments under an append.</summary>
public sealed class CutTests(SimulatedFixture storage)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    [Fact]
    public async Task An_append_that_meets_a_seal_goes_to_the_fresh_segment()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host committer = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        await committer.ArchiveToTempAsync(await committer.AcceptAsync(_key, "c1"));
        AppendResult result = await host.AppendAsync(_key, "m1");
        Assert.Equal(2, result.MessageCount);
        Assert.Equal(["m0", "m1"], (await host.AuditAsync(_key)).Everything);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public async Task An_append_of_unknown_outcome_that_meets_a_seal_is_stored_once(bool applied, int keepRecent)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host committer = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        (Task<AppendResult> append, HoldsRequest retry) = await AppendWithUnknownOutcomeAsync(host, applied);
        await committer.ArchiveToTempAsync(await committer.AcceptAsync(_key, "c1", keepRecent));
        Assert.Equal(409, await retry.ReleaseAsync());
        await append;
        Assert.Equal(["m0", "m1"], (await host.AuditAsync(_key)).Everything);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public async Task An_append_of_unknown_outcome_whose_segment_has_vanished_is_stored_once(bool applied, int keepRecent)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        using Host committer = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0", "m00");
        (Task<AppendResult> append, HoldsRequest retry) = await AppendWithUnknownOutcomeAsync(host, applied);
        await committer.CommitAsync(await committer.AcceptAsync(_key, "c1", keepRecent));
        await committer.AppendAsync(_key, "m2");
        await committer.CommitAsync(await committer.AcceptAsync(_key, "c2"));
        Assert.Equal(404, await retry.ReleaseAsync());
        await append;
        Assert.Equal(applied ? ["m0", "m00", "m1", "m2"] : ["m0", "m00", "m2", "m1"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task Nothing_is_acknowledged_on_the_fresh_segment_before_the_cut_ones_are_sealed()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host slow = await Host.StartAsync(storage, container);
        using Host dead = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container);
        await slow.AppendAsync(_key, "m0");
        var held = new HoldsRequest();
        slow.Faults.When(static r => r.Comp == "appendblock", held);
        Task<AppendResult> late = slow.AppendAsync(_key, "late");
        await held.Arrived;

        // The commit dies between its swap and its seal; the manifest shows the cut.
        CommitInput commit = await dead.AcceptAsync(_key, "c1");
        var world = new HoldsRequest();
        dead.Faults.When(static r => r.Comp == "seal", world);
        Task<CommitProgress> cut = dead.ArchiveToTempAsync(commit);
        await world.Arrived;

        await host.AppendAsync(_key, "m1");
        Assert.Equal(409, await held.ReleaseAsync());
        await late;
        Assert.Equal(["m0", "m1", "late"], (await host.AuditAsync(_key)).Everything);
        await world.ReleaseAsync();
        await cut;
    }

    [Fact]
    public async Task An_append_of_unknown_outcome_is_sent_to_no_other_place_although_its_host_hears_of_a_cut()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        var lastTry = new HoldsRequest();
        host.Faults
            .When(static r => r.Comp == "appendblock", Fault.DropAnswer)
            .When(static r => r.Comp == "appendblock", Fault.Respond(500, "InternalError"), times: 3)
            .When(static r => r.Comp == "appendblock", lastTry);
        Task<AppendResult> append = host.AppendAsync(_key, "m1");
        await lastTry.Arrived;
        await host.ArchiveToTempAsync(await host.AcceptAsync(_key, "c1"));
        lastTry.Break();
        await append;
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(["m0", "m1"], audit.Everything);
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        await host.AppendAsync(_key, "m2");
        await host.CommitAsync(await host.AcceptAsync(_key, "c2"));
        Assert.Equal(["m0", "m1", "m2"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_client_that_sees_a_session_deleted_loses_nothing_that_is_appended_afterwards()
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host slow = await Host.StartAsync(storage, container);
            using Host dying = await Host.StartAsync(storage, container);
            using Host fresh = await Host.StartAsync(storage, container);
            await slow.AppendAsync(_key, "m0");
            CommitInput session = await dying.AcceptAsync(_key, "c1");
            dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriesOutTheLast: true);
            Task deletion = dying.DeleteAsync(session);
            bool ended = await Task.WhenAny(deletion, dying.Faults.Stopped) == deletion;
            SessionPage listed = await fresh.Store.Sessions.ListAsync(_key.Owner, 10, null, TestContext.Current.CancellationToken);
            bool isDeleted = !listed.Items.Any();
            await slow.AppendAsync(_key, "m1");
            await fresh.DeleteAsync(session);
            await fresh.DeleteBlobsAsync(session);
            if (isDeleted)
            {
                Assert.Equal(["m1"], (await fresh.AuditAsync(_key)).Everything);
            }

            if (ended)
            {
                break;
            }
        }
    }

    [Fact]
    public async Task A_session_that_was_deleted_takes_no_message_from_a_host_that_has_not_heard_of_it()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host slow = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container);
        await slow.AppendAsync(_key, "m0");
        await host.DeleteAsync(await host.AcceptAsync(_key, "c1"));
        await slow.AppendAsync(_key, "m1");
        Assert.Equal(["m1"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task Segments_without_messages_and_endings_of_blobs_read_as_nothing()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.Store.Sessions.CreateAsync(_key.Owner, "s1", new SessionSettings(), null, TestContext.Current.CancellationToken);
        using Host other = await Host.StartAsync(storage, container);
        Assert.Empty((await other.AuditAsync(_key)).Everything);
        await host.AppendAsync(_key, "m0");
        await other.AppendAsync(_key, "m1");
        Assert.Equal(["m0", "m1"], (await host.AuditAsync(_key)).Everything);
    }

    // The first try was applied, or not, and was not answered; the next one is on its way until the test lets it go.
    private async Task<(Task<AppendResult> Append, HoldsRequest Retry)> AppendWithUnknownOutcomeAsync(Host host, bool applied)
    {
        var retry = new HoldsRequest();
        host.Faults
            .When(static r => r.Comp == "appendblock", applied ? Fault.DropAnswer : Fault.FailBeforeSending)
            .When(static r => r.Comp == "appendblock", retry);
        Task<AppendResult> append = host.AppendAsync(_key, "m1");
        await retry.Arrived;
        return (append, retry);
    }
}
