using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Quotas;

/// <summary>Once an account's tokens of a day are used, the built-in digest stands in, and says why.</summary>
[Collection(nameof(Simulated))]
public sealed class ModelTokenTests
{
    private const string Spent = "the account is over its quota Quotas:ModelTokensPerDay: 250 of 200 tokens are used today";

    private static readonly SessionKey s_key = new("acme", "ada", "s");

    private static readonly SessionOptions s_options = new() { Quotas = new QuotaSettings { ModelTokensPerDay = 200 } };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Over_the_quota_of_a_day_the_digest_is_the_built_in_one_on_every_host() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        SessionStorage storage = await cluster.ConnectAsync(container);
        DateOnly yesterday = DateOnly.FromDateTime(cluster.Time.GetUtcNow().UtcDateTime).AddDays(-1);
        await storage.Container.GetBlobClient($"usage/acme/{yesterday:yyyy-MM-dd}.jsonl")
            .UploadAsync(BinaryData.FromString("{\"commit\":\"c\",\"tokens\":1000}\n"), Cancelled);
        using Host one = await Host.RunAsync(cluster, container, s_options, Model());
        foreach (string text in (string[])["1", "2"])
        {
            await one.AppendAsync(s_key, text);
            CommitTask paid = await one.CommitToEndAsync(s_key);
            Assert.Equal((ArchiveState.Covered, null), (paid.Output!.State, paid.Output.Reason));
        }

        using Host other = await Host.RunAsync(cluster, container, s_options, Model());
        foreach (Host host in (Host[])[one, other])
        {
            await host.AppendAsync(s_key, host == one ? "3" : "4");
            int calls = host.Processor.Calls;
            CommitTask spent = await host.CommitToEndAsync(s_key);
            Assert.Equal(CommitTaskStatus.Completed, spent.Status);
            Assert.Equal((ArchiveState.Degraded, Spent), (spent.Output!.State, spent.Output.Reason));
            Assert.Equal(calls, host.Processor.Calls);
        }

        // Another account has its own.
        var foreign = new SessionKey("other", "ada", "s");
        await one.AppendAsync(foreign, "1");
        Assert.Equal(ArchiveState.Covered, (await one.CommitToEndAsync(foreign)).Output!.State);

        Assert.Equal(["1", "2", "3", "4"], (await one.AuditAsync(s_key)).Everything);
        await foreach (Finding finding in one.Store.Audit.RunAsync(new AuditOptions(), cancellationToken: Cancelled))
        {
            Assert.DoesNotContain("usage/", finding.ToString(), StringComparison.Ordinal);
        }
    });

    [Fact]
    public Task Storage_that_fails_to_count_stops_no_commit() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, s_options, Model());
        host.Faults.When(
            static r => r.Blob.StartsWith("usage/", StringComparison.Ordinal), Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        await host.AppendAsync(s_key, "1");
        Assert.Equal(ArchiveState.Covered, (await host.CommitToEndAsync(s_key)).Output!.State);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_answer_that_is_lost_counts_once_at_most(bool isBeforeSending) => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, s_options, Model());
        host.Faults.When(
            static r => r.Method == "PUT" && r.Comp == "appendblock" && r.Blob.StartsWith("usage/", StringComparison.Ordinal),
            isBeforeSending ? Fault.FailBeforeSending : Fault.DropAnswer,
            skip: 1);
        await host.AppendAsync(s_key, "1");
        Assert.Equal(ArchiveState.Covered, (await host.CommitToEndAsync(s_key)).Output!.State);
        Assert.Equal(1, host.Processor.Calls);
        List<string> lines = await LinesAsync(await cluster.ConnectAsync(container));
        Assert.Equal(isBeforeSending ? 0 : 1, lines.Count);
    });

    // A crash before each request of a commit, and after it was carried out: never a second digest, and never a second line.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_crash_at_any_request_leaves_one_digest_that_counts_once_at_most(bool isCarriedOut) => Simulated.RunAsync(async cluster =>
    {
        int counted = 0;
        for (int at = 1, of = int.MaxValue; at <= of; at++)
        {
            string container = (await cluster.NewContainerAsync()).Name;
            using Host dying = await Host.RunAsync(cluster, container, s_options, Model());
            await dying.AppendAsync(s_key, "1");
            CommitInput commit = await dying.AcceptAsync(s_key, "c1");
            int before = dying.Faults.Requests;
            dying.Faults.StopTheWorldAt(before + at, isCarriedOut);
            Task run = dying.CommitAsync(commit);
            if (await Task.WhenAny(run, dying.Faults.Stopped) == run)
            {
                await run;
                of = at;
            }

            using Host next = await Host.StartAsync(cluster, container, s_options, Model());
            await next.CommitAsync(commit);
            Audit audit = await next.AuditAsync(s_key);
            Assert.Equal(["1"], audit.Everything);
            Assert.Equal(ArchiveState.Covered, Assert.Single(audit.Archives).State);
            List<string> lines = await LinesAsync(await cluster.ConnectAsync(container));
            Assert.InRange(lines.Count, 0, 1);
            counted += lines.Count;
        }

        Assert.InRange(counted, 5, int.MaxValue);
    });

    // Over the quota the same: the built-in digest that a crash left is the digest, also where the next day allows a model again.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Over_the_quota_a_crash_at_any_request_leaves_one_built_in_digest(bool isCarriedOut) => Simulated.RunAsync(async cluster =>
    {
        int reused = 0;
        for (int at = 1, of = int.MaxValue; at <= of; at++)
        {
            string container = (await cluster.NewContainerAsync()).Name;
            SessionStorage storage = await cluster.ConnectAsync(container);
            DateOnly today = DateOnly.FromDateTime(cluster.Time.GetUtcNow().UtcDateTime);
            BlobClient spent = storage.Container.GetBlobClient($"usage/acme/{today:yyyy-MM-dd}.jsonl");
            await spent.UploadAsync(BinaryData.FromString("{\"commit\":\"c\",\"tokens\":250}\n"), Cancelled);
            using Host dying = await Host.RunAsync(cluster, container, s_options, Model());
            await dying.AppendAsync(s_key, "1");
            CommitInput commit = await dying.AcceptAsync(s_key, "c1");
            dying.Faults.StopTheWorldAt(dying.Faults.Requests + at, isCarriedOut);
            Task run = dying.CommitAsync(commit);
            if (await Task.WhenAny(run, dying.Faults.Stopped) == run)
            {
                await run;
                of = at;
            }

            // As on the next day: nothing is used.
            bool isLeft = await storage.Container.GetBlobsAsync(new GetBlobsOptions(), Cancelled)
                .AnyAsync(static b => b.Name.EndsWith("/semantic-fallback.json", StringComparison.Ordinal), Cancelled);
            await spent.DeleteAsync(cancellationToken: Cancelled);
            using Host next = await Host.StartAsync(cluster, container, s_options, Model());
            await next.CommitAsync(commit);
            Assert.Equal((0, isLeft ? 0 : 1), (next.Fallback.Calls, dying.Processor.Calls + next.Processor.Calls));
            Audit audit = await next.AuditAsync(s_key);
            Assert.Equal(isLeft ? ArchiveState.Degraded : ArchiveState.Covered, Assert.Single(audit.Archives).State);
            Assert.Equal(isLeft ? 0 : 1, (await LinesAsync(storage)).Count);
            reused += isLeft && of == int.MaxValue ? 1 : 0;
        }

        Assert.InRange(reused, 3, int.MaxValue);
    });

    [Fact]
    public Task Old_days_are_deleted_by_the_one_that_begins() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        SessionStorage storage = await cluster.ConnectAsync(container);
        DateOnly today = DateOnly.FromDateTime(cluster.Time.GetUtcNow().UtcDateTime);
        foreach (int daysAgo in (int[])[1, 35, 36, 37])
        {
            await storage.Container.GetBlobClient($"usage/acme/{today.AddDays(-daysAgo):yyyy-MM-dd}.jsonl")
                .UploadAsync(BinaryData.Empty, Cancelled);
        }

        using Host host = await Host.RunAsync(cluster, container, s_options, Model());
        await host.AppendAsync(s_key, "1");
        await host.CommitToEndAsync(s_key);
        List<string> names = [];
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(new GetBlobsOptions { Prefix = "usage/" }, Cancelled))
        {
            names.Add(blob.Name);
        }

        Assert.Equal(((int[])[35, 1, 0]).Select(d => $"usage/acme/{today.AddDays(-d):yyyy-MM-dd}.jsonl"), names);
    });

    private static FakeProcessor Model() => new() { Usage = new TokenUsage(100, 25, 1) };

    private static async Task<List<string>> LinesAsync(SessionStorage storage)
    {
        List<string> lines = [];
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(new GetBlobsOptions { Prefix = "usage/" }, Cancelled))
        {
            BinaryData content = (await storage.Container.GetBlobClient(blob.Name).DownloadContentAsync(Cancelled)).Value.Content;
            lines.AddRange(content.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }

        return lines;
    }
}
