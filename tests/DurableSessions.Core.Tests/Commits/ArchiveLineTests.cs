using DurableSessions.Core.Archives;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>The line of an archive's digest stands in its index entry, whichever host enters it, and when.</summary>
public sealed class ArchiveLineTests(SimulatedFixture storage)
{
    private static readonly SessionKey Key = new("acme", "ada", "s1");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_crash_at_any_request_of_the_switch_leaves_a_line_that_a_listing_need_not_look_for(bool carriedOut)
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host first = await Host.StartAsync(storage, container);
            await first.AppendAsync(Key, "m1", "m2");
            CommitInput commit = await first.AcceptAsync(Key, "c1");
            await first.ClearLiveAsync(commit, await first.ArchiveToTempAsync(commit));
            SemanticOutcome outcome = await first.SemanticProcessAsync(commit);

            // A host that did not make the digest, and then another one.
            using Host dying = await Host.StartAsync(storage, container);
            dying.Faults.StopTheWorldAt(dying.Faults.Requests + k, carriedOut);
            Task<CommitProgress> run = dying.SwitchAsync(commit, outcome);
            bool ended = await Task.WhenAny(run, dying.Faults.Stopped) == run;
            using Host fresh = await Host.StartAsync(storage, container);
            Assert.Equal(1, (await (ended ? run : fresh.SwitchAsync(commit, outcome))).Number);
            await CheckAsync(container, "2 messages");
            if (ended)
            {
                Assert.InRange(k, 5, 20);
                break;
            }
        }
    }

    [Fact]
    public async Task An_archive_that_is_covered_later_has_its_line_from_then_on()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host first = await Host.StartAsync(storage, container);
        await first.AppendAsync(Key, "m1", "m2", "m3");
        CommitInput commit = await first.AcceptAsync(Key, "c1");
        await first.ClearLiveAsync(commit, await first.ArchiveToTempAsync(commit));
        Assert.Null(await CheckAsync(container, ""));
        await first.SwitchAsync(commit, new SemanticOutcome(ArchiveState.Uncovered, null));
        DateTimeOffset? switched = await CheckAsync(container, "");
        Assert.NotNull(switched);

        CommitInput again = commit with { Attempt = 2 };
        SemanticOutcome outcome = await first.SemanticProcessAsync(again);
        using Host second = await Host.StartAsync(storage, container);
        await second.SwitchAsync(again, outcome);
        Assert.Equal(switched, await CheckAsync(container, "3 messages"));
    }

    // Listed by a host that knows nothing yet: no digest is read for it.
    private async Task<DateTimeOffset?> CheckAsync(string container, string line)
    {
        using Host reader = await Host.StartAsync(storage, container);
        ArchiveInfo archive = Assert.Single(await reader.Store.Archives.ListAsync(Key, 10, null, TestContext.Current.CancellationToken));
        Assert.Equal(line, archive.Abstract);
        Assert.DoesNotContain(reader.Log.Requests, static r => r.Blob.Contains("/semantic", StringComparison.Ordinal));
        return archive.SwitchedAt;
    }
}
