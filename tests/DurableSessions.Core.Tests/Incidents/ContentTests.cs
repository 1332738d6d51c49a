using System.Text;
using DurableSessions.Core.Appending;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Tasks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Incidents;

/// <summary>
/// What elsewhere came back changed, uncounted, twice, or from the dead. Each test is named by the numbers of public reports.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class ContentTests
{
    private static readonly SessionKey Key = EveryRequest.Key;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Report_3984_line_separators_inside_a_text_come_back_unchanged() => Simulated.RunAsync(async cluster =>
    {
        string[] texts = ["a\u2028b", "\u2029", "c\u0085d", "e\r\nf\n", "\u2028{\"id\":\"msg_0\"}\u2028", "g\fh\vi", "\u0000\uFEFF𝄞"];
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        await host.AppendAsync(Key, texts);
        using (Host fresh = await Host.StartAsync(cluster, container))
        {
            Assert.Equal(texts, (await fresh.AuditAsync(Key)).Context);
        }

        await host.CommitToEndAsync(Key, keepRecent: 2);
        using Host later = await Host.StartAsync(cluster, container);
        Audit audit = await later.AuditAsync(Key);
        Assert.Equal(texts[..^2], Assert.Single(audit.Archives).Texts);
        Assert.Equal(texts[^2..], audit.Context);
    });

    [Fact]
    public Task Report_1658_messages_of_tools_alone_count_tokens() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container);
        NewMessage[] messages = [.. Enumerable.Range(1, 3).Select(static i => new NewMessage
        {
            Role = "assistant",
            Parts = Encoding.UTF8.GetBytes(
                $$"""[{"type":"tool","tool_id":"t{{i}}","tool_name":"Bash","tool_status":"completed","tool_input":"""
                + $$$"""{"command":"ls -l"},"tool_output":"{{{new string('x', 400)}}}"}]"""),
        })];
        AppendResult appended = await host.Store.Sessions.AppendAsync(Key, messages, null, Cancelled);
        Assert.InRange(appended.PendingTokens, 3 * 100, 3 * 130);
        Assert.Equal(appended.PendingTokens, (await host.Store.Sessions.GetAsync(Key, false, Cancelled)).PendingTokens);
        Assert.Equal(appended.PendingTokens, (await host.Store.Sessions.ReadContextAsync(Key, 100_000, Cancelled)).MessageTokens);

        await host.CommitToEndAsync(Key);
        ArchiveInfo archive = Assert.Single(await host.Store.Archives.ListAsync(Key, 10, null, Cancelled));
        Assert.Equal(appended.PendingTokens, archive.Counts.Tokens);
    });

    // Its other half, memories, is in MemoryTests.
    [Fact]
    public Task Report_1508_an_interrupted_digest_calls_the_model_once_more_at_most_and_is_stored_once() =>
        EveryRequest.RunAsync(async (cluster, k) =>
        {
            string container = (await cluster.NewContainerAsync()).Name;
            var model = new FakeProcessor();
            using Host host = await Host.RunAsync(cluster, container, processor: model);
            await host.AppendAsync(Key, EveryRequest.Said);
            host.Faults.StopTheWorldAt(host.Faults.Requests + k, carriesOutTheLast: k % 2 == 0);
            Task<CommitTask> commit = host.CommitToEndAsync(Key);
            bool died = await Task.WhenAny(commit, host.Faults.Stopped) != commit;
            await host.KillAsync();

            using Host next = await Host.RunAsync(cluster, container, processor: model);
            await next.EndAllAsync();
            Assert.InRange(model.Calls, 0, 2);
            Audit audit = await next.AuditAsync(Key);
            Assert.Equal(EveryRequest.Said, audit.Everything);
            Assert.Equal(audit.Archives.Count, Math.Min(model.Calls, 1));
            List<string> digests = await (await cluster.ConnectAsync(container)).Container.GetBlobsAsync(cancellationToken: Cancelled)
                .Select(static b => b.Name)
                .Where(static name => name.Contains("semantic", StringComparison.Ordinal))
                .ToListAsync(Cancelled);
            Assert.Equal(audit.Archives.Count, digests.Count);
            return died;
        });

    [Fact]
    public Task A_session_that_is_deleted_at_any_request_of_its_commit_stays_deleted() => EveryRequest.RunAsync(async (cluster, k) =>
    {
        var options = new SessionOptions { TombstoneRetention = TimeSpan.FromSeconds(5) };
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(cluster, container, options);
        using Host other = await Host.RunAsync(cluster, container, options);
        await host.AppendAsync(Key, EveryRequest.Said);
        var held = new HoldsRequest();
        int before = host.Faults.Requests;
        host.Faults.AtRequest(before + k, held);
        Task<CommitAnswer> commit = host.Store.Commits.CommitAsync(Key, new CommitRequest(), Cancelled);
        Task ended = EndAsync();
        if (await Task.WhenAny(ended, held.Arrived) == ended)
        {
            return false;
        }

        string incarnation = await other.Store.Sessions.IncarnationAsync(Key, Cancelled);
        await other.Store.Sessions.DeleteAsync(Key, Cancelled);
        await ReleaseAsync(held);
        await ended.WaitAsync(TimeSpan.FromSeconds(60), cluster.Time, Cancelled);
        int swapped = host.Log.Requests.Skip(before).Concat(other.Log.Requests)
            .Count(static r => r.Is("PUT", "manifests/") && r.Status is >= 200 and < 300);
        foreach (CommitTask task in await other.EndAllAsync())
        {
            // Cut, cleared and switched before the tombstone, it may have had nothing left to cancel.
            CommitTaskStatus[] expected =
                swapped >= 4 ? [CommitTaskStatus.Completed, CommitTaskStatus.Cancelled] : [CommitTaskStatus.Cancelled];
            Assert.Contains((await other.EndOfAsync(Key, task.TaskId)).Status, expected);
        }

        await other.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled)
            .WaitAsync(TimeSpan.FromSeconds(60), cluster.Time, Cancelled);
        using Host fresh = await Host.StartAsync(cluster, container);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => fresh.Store.Sessions.GetAsync(Key, false, Cancelled));
        Assert.Empty((await fresh.Store.Sessions.ListAsync(new UserKey("acme", "ada"), 10, null, Cancelled)).Items);
        List<string> left = await (await cluster.ConnectAsync(container)).Container.GetBlobsAsync(cancellationToken: Cancelled)
            .Select(static b => b.Name).ToListAsync(Cancelled);
        Assert.False(
            left.Exists(static name => name.StartsWith("segments/") || name.StartsWith("archives/") || name.StartsWith("manifests/")),
            $"Deleted at request {k} of its commit, it leaves {string.Join(", ", left)}{Environment.NewLine}{host.Log}");
        return true;

        async Task EndAsync()
        {
            try
            {
                if ((await commit).Task is { } task)
                {
                    await host.EndOfAsync(Key, task.TaskId);
                }
            }
            catch (SessionNotFoundException)
            {
                // Deleted before it was accepted.
            }
        }
    });

    // The host that learns of the deletion gives up what it waits for, perhaps at the very moment of the release.
    private static async Task ReleaseAsync(HoldsRequest held)
    {
        try
        {
            await held.ReleaseAsync();
        }
        catch (OperationCanceledException)
        {
        }
    }
}
