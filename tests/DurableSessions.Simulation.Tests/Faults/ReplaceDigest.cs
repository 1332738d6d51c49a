using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>The newest archive is digested again in place, by a request that is repeated with its key where it had no answer.</summary>
internal sealed record ReplaceDigest() : Scenario("replace a digest")
{
    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1", "+preferences/tea=green");
        await host.CommitToEndAsync(Key);
    }

    public override async Task ActAsync(Host host)
    {
        var replace = new DigestRequest(DigestMode.Replace) { Instructions = "again", IdempotencyKey = Words.Key("replace") };
        Assert.Equal(CommitTaskStatus.Completed, (await host.DigestToEndAsync(Key, 1, replace)).Status);
    }

    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        await Digests.CheckAsync(fresh, Key, inPlace: 2, versions: 2, "p1+1 (again)");
        Assert.Equal(["preferences/tea 1 green"], await StoredMemories.AllAsync(fresh));
        await StoredMemories.CheckReportsAsync(fresh, Key, 1);
    }
}

/// <summary>A preview is put in place, and the digest before put back.</summary>
internal sealed record PreviewAndRestoreDigest() : Scenario("preview a digest, put it in place, and put the one before back")
{
    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1", "p2");
        await host.CommitToEndAsync(Key);
    }

    public override async Task ActAsync(Host host)
    {
        var preview = new DigestRequest(DigestMode.Preview) { Instructions = "again", IdempotencyKey = Words.Key("preview") };
        DigestTask previewed = await host.DigestToEndAsync(Key, 1, preview);
        Assert.Equal(CommitTaskStatus.Completed, previewed.Status);
        foreach (int version in (int[])[previewed.Digest!.Version, 1])
        {
            var put = new DigestRequest(DigestMode.Restore) { Version = version, IdempotencyKey = Words.Key($"put {version}") };
            Assert.Equal(CommitTaskStatus.Completed, (await host.DigestToEndAsync(Key, 1, put)).Status);
        }
    }

    public override Task CheckAsync(Host fresh, Audit? audit) => Digests.CheckAsync(fresh, Key, inPlace: 1, versions: 2, "p1+1");
}

/// <summary>A commit is digested while the digest that it is made from is replaced: it is made from the one or the other.</summary>
internal sealed record ReplaceDigestBesideCommit() : Scenario("replace a digest beside a commit")
{
    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1");
        await host.CommitToEndAsync(Key);
        await SayAsync(host, "p2");
    }

    public override async Task ActAsync(Host host)
    {
        CommitTask commit = await host.CommitAsync(Key, 0, Words.Key("commit"));
        var replace = new DigestRequest(DigestMode.Replace) { Instructions = "again", IdempotencyKey = Words.Key("replace") };
        Assert.Equal(CommitTaskStatus.Completed, (await host.DigestToEndAsync(Key, 1, replace)).Status);
        await host.EndOfAsync(Key, commit.TaskId);
    }

    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        Assert.Equal(2, audit!.Archives.Count);
        string overview = (await fresh.Store.Sessions.ReadContextAsync(Key, 1_000, Cancelled)).Overview;
        Assert.Contains(overview, (string[])["p1+0 p2+0", "p1+0 (again) p2+0"]);
        await Digests.CheckAsync(fresh, Key, inPlace: 2, versions: 2, "p1+0 (again)", isNewest: false);
    }
}

/// <summary>The session is deleted while its digest is replaced: nothing of it is left.</summary>
internal sealed record ReplaceDigestBesideDelete() : Scenario("replace a digest beside a deletion")
{
    public override bool IsPreparedOnce => true;

    public override async Task PrepareAsync(Host host)
    {
        await SayAsync(host, "p1");
        await host.CommitToEndAsync(Key);
    }

    public override async Task ActAsync(Host host)
    {
        Said.MayBeDeleted = true;
        try
        {
            var replace = new DigestRequest(DigestMode.Replace) { IdempotencyKey = Words.Key("replace") };
            DigestTask task = await host.Store.Digests.StartAsync(Key, 1, replace, Cancelled);
            await host.Store.Sessions.DeleteAsync(Key, Cancelled);
            await host.Store.Digests.WaitAsync(Key.Owner, task.TaskId, Cancelled);
        }
        catch (SessionNotFoundException)
        {
            // The first attempt has deleted it, and its answer was lost.
        }
    }

    public override async Task CheckAsync(Host fresh, Audit? audit)
    {
        Assert.Null(audit);

        // A copy of a request that storage carries out after the deletion has ended leaves a blob that an audit removes, and no archive.
        Assert.All(await Digests.AuditAsync(fresh), static f =>
        {
            Assert.Equal(RepairState.Removable, f.Repair);
            Assert.DoesNotContain("/index/", f.Blob, StringComparison.Ordinal);
        });
    }
}
