using DurableSessions.Core.Appending;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>Rules 1, 2 and 4 of "Appending": one write, lost answers, other writers, segments that fill up.</summary>
public sealed class AppendTests(SimulatedFixture storage)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    [Fact]
    public async Task An_undisturbed_append_is_one_request_however_long_the_session()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "first");
        for (int i = 0; i < 30; i++)
        {
            host.Log.Clear();
            await host.AppendAsync(_key, $"m{i}");
            Assert.Equal(1, host.Log.Count);
        }

        host.Log.Clear();
        AppendResult batch = await host.Store.Sessions.AppendAsync(
            _key, Words.Messages("b", 100), null, TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Log.Count);
        Assert.Equal(131, batch.MessageCount);
        Assert.Equal(100, batch.MessageIds.Distinct().Count());
    }

    [Fact]
    public async Task A_container_that_has_gone_says_nothing_about_the_session_that_was_in_it()
    {
        Azure.Storage.Blobs.BlobContainerClient container = await storage.NewContainerAsync();
        using Host host = await Host.StartAsync(storage, container.Name);
        await host.AppendAsync(_key, "first");
        await container.DeleteAsync(cancellationToken: TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<Azure.RequestFailedException>(() => host.AppendAsync(_key, "second"));
        await Assert.ThrowsAsync<Azure.RequestFailedException>(
            () => host.Store.Sessions.GetAsync(_key, false, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_creation_that_is_never_answered_is_made_again()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container, networkTimeout: TimeSpan.FromSeconds(1));
        var held = new HoldsRequest();
        host.Faults.When(static r => r.IsWrite, held);

        AppendResult first = await host.AppendAsync(_key, "first").WaitAsync(
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(1, first.MessageCount);
        Assert.True(held.Arrived.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Appends_that_arrive_together_share_a_request_and_keep_their_order()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        host.Log.Clear();
        var held = new HoldsRequest();
        host.Faults.When(static r => r.Comp == "appendblock", held);
        Task<AppendResult> first = host.AppendAsync(_key, "m1");
        await held.Arrived;
        Task<AppendResult>[] waiting = [.. Enumerable.Range(2, 50).Select(i => host.AppendAsync(_key, $"m{i}"))];
        await held.ReleaseAsync();
        await Task.WhenAll([first, .. waiting]);

        Assert.Equal(2, host.Log.Count);
        Audit audit = await host.AuditAsync(_key);
        Assert.Equal(Enumerable.Range(0, 52).Select(static i => $"m{i}"), audit.Everything);
    }

    [Fact]
    public async Task A_batch_is_appended_whole_or_not_at_all()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        host.Faults.When(static r => r.Comp == "appendblock", Fault.FailBeforeSending, times: 100);
        await Assert.ThrowsAnyAsync<Exception>(() => host.AppendAsync(_key, "a", "b", "c"));

        using Host other = await Host.StartAsync(storage, container);
        Assert.Equal(["m0"], (await other.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_lost_answer_stores_the_message_once()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        host.Faults.When(static r => r.Comp == "appendblock", Fault.DropAnswer);
        AppendResult result = await host.AppendAsync(_key, "m1", "m2");
        Assert.Equal(3, result.MessageCount);
        await host.AppendAsync(_key, "m3");
        Assert.Equal(["m0", "m1", "m2", "m3"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task Answers_lost_more_often_than_the_client_retries_store_the_message_once()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        host.Faults
            .When(static r => r.Comp == "appendblock", Fault.DropAnswer)
            .When(static r => r.Comp == "appendblock", Fault.Respond(500, "InternalError"), times: 6);
        await host.AppendAsync(_key, "m1");
        Assert.Equal(["m0", "m1"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_request_that_storage_applies_again_later_changes_nothing()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "m0");
        var twice = new SentTwice();
        host.Faults.When(static r => r.Comp == "appendblock", twice);
        await host.AppendAsync(_key, "m1");
        Assert.Equal([412], await twice.DeliverCopiesAsync());
        await host.AppendAsync(_key, "m2");
        Assert.Equal(["m0", "m1", "m2"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task Hosts_that_append_to_one_session_lose_nothing_and_double_nothing()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(storage, container);
        using Host two = await Host.StartAsync(storage, container);
        using Host three = await Host.StartAsync(storage, container);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async h =>
        {
            Host host = h == 0 ? one : h == 1 ? two : three;
            for (int i = 0; i < 25; i++)
            {
                await host.AppendAsync(_key, $"h{h}-{i:D2}");
            }
        }));
        using Host fresh = await Host.StartAsync(storage, container);
        Audit audit = await fresh.AuditAsync(_key);
        Assert.Equal(75, audit.Everything.Count);
        for (int h = 0; h < 3; h++)
        {
            Assert.Equal(Enumerable.Range(0, 25).Select(i => $"h{h}-{i:D2}"), audit.Everything.Where(t => t.StartsWith($"h{h}-")));
        }
    }

    [Fact]
    public async Task A_host_learns_from_the_refusal_what_another_has_appended()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(storage, container);
        using Host two = await Host.StartAsync(storage, container);
        await one.AppendAsync(_key, "m0");
        await two.AppendAsync(_key, "m1");
        one.Log.Clear();
        AppendResult result = await one.AppendAsync(_key, "m2");
        Assert.Equal(3, result.MessageCount);
        Assert.Equal(3, one.Log.Count);
        Assert.Equal(["m0", "m1", "m2"], (await two.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_full_segment_is_followed_by_another_and_no_client_notices()
    {
        string container = (await storage.NewContainerAsync()).Name;
        var options = new SessionOptions { BlocksPerSegment = 3 };
        using Host one = await Host.StartAsync(storage, container, options);
        using Host two = await Host.StartAsync(storage, container, options);
        for (int i = 0; i < 20; i++)
        {
            AppendResult result = await (i % 3 == 0 ? two : one).AppendAsync(_key, $"m{i:D2}");
            Assert.Equal(i + 1, result.MessageCount);
        }

        Assert.True(one.Log.CountOf("PUT", "segments/", "") + two.Log.CountOf("PUT", "segments/", "") >= 6);
        Assert.Equal(Enumerable.Range(0, 20).Select(static i => $"m{i:D2}"), (await one.AuditAsync(_key)).Everything);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_roll_that_fails_at_any_request_loses_nothing(bool carriedOut)
    {
        Fault fault = carriedOut ? Fault.DropAnswer : Fault.FailBeforeSending;
        for (int k = 0; k < 4; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host host = await Host.StartAsync(storage, container, new SessionOptions { BlocksPerSegment = 2 });
            await host.AppendAsync(_key, "m0");
            host.Faults.When(static r => r.IsWrite && r.Comp != "appendblock", fault, skip: k, times: 5);
            for (int i = 1; i < 8; i++)
            {
                await AppendInTheEndAsync(host, $"m{i}");
            }

            using Host fresh = await Host.StartAsync(storage, container);
            Assert.Equal(Enumerable.Range(0, 8).Select(static i => $"m{i}"), (await fresh.AuditAsync(_key)).Everything);
        }
    }

    [Fact]
    public async Task A_slow_host_cannot_append_behind_a_segment_that_was_rolled()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host slow = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container, new SessionOptions { BlocksPerSegment = 2 });
        await slow.AppendAsync(_key, "m0");
        await host.AppendAsync(_key, "m1");
        await host.AppendAsync(_key, "m2");

        // The slow host knows nothing of the roll, and is at the very end of the old segment.
        await host.AppendAsync(_key, "m3");
        await slow.AppendAsync(_key, "m4");
        Assert.Equal(["m0", "m1", "m2", "m3", "m4"], (await host.AuditAsync(_key)).Everything);
    }

    // As a client does after an error: again, with the same key.
    private async Task AppendInTheEndAsync(Host host, string text)
    {
        try
        {
            await host.AppendAsync(_key, Words.Key(text), text);
        }
        catch (Exception e) when (e is AggregateException or Azure.RequestFailedException)
        {
            await host.AppendAsync(_key, Words.Key(text), text);
        }
    }
}
