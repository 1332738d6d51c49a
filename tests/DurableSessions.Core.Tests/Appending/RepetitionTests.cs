using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>Messages that come again without an <c>Idempotency-Key</c>: by their names, or by what they say.</summary>
public sealed class RepetitionTests(SimulatedFixture storage)
{
    private static readonly SessionOptions ByContent = new() { RepetitionWindow = TimeSpan.FromHours(1) };

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<bool, bool> NamesAndSources => new() { { true, false }, { false, true }, { true, true } };

    [Theory]
    [MemberData(nameof(NamesAndSources))]
    public async Task Named_messages_that_come_again_are_stored_once(bool named, bool sourced)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        NewMessage Called(string text) => Words.Message(text) with
        {
            ClientId = named ? text : null,
            SourceMessageIds = sourced ? [$"from {text}"] : null,
        };
        AppendResult first = await SayAsync(host, Called("a"), Called("b"));
        await host.CommitAsync(await host.AcceptAsync(_key, "c1", keepRecent: 1));

        using Host fresh = await Host.StartAsync(storage, container);
        foreach (Host repeating in (Host[])[host, fresh])
        {
            AppendResult again = await SayAsync(repeating, Called("a"), Called("b"));
            Assert.Equal(first.MessageIds, again.MessageIds);
            Assert.Equal(2, again.Repeated);
            AppendResult more = await SayAsync(repeating, Called("b"), Called("c"));
            Assert.Equal(first.MessageIds[1], more.MessageIds[0]);
        }

        Assert.Equal(["a", "b", "c"], (await fresh.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task The_same_name_for_something_else_is_something_else()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        NewMessage first = Words.Message("a") with { ClientId = "1" };
        await SayAsync(host, first);
        foreach (NewMessage other in (NewMessage[])
            [
                Words.Message("b") with { ClientId = "1" }, first with { ClientId = "2" }, first with { CreatedAt = "today" },
                first with { Role = "assistant" }, first with { TurnId = "t" }, first with { PeerId = "t" },
                first with { SourceMessageIds = [""] },
            ])
        {
            Assert.Equal(0, (await SayAsync(host, other)).Repeated);
        }

        Assert.Equal(8, (await host.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled)).MessageCount);
    }

    [Fact]
    public async Task The_same_message_twice_in_one_request_is_meant_twice()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container, ByContent);
        NewMessage named = Words.Message("a") with { ClientId = "1" };
        for (int i = 0; i < 2; i++)
        {
            AppendResult result = await SayAsync(host, named, named, Words.Message("b"), Words.Message("b"));
            Assert.Equal((4, 4 * i, 4), (result.MessageCount, result.Repeated, result.MessageIds.Distinct().Count()));
        }
    }

    [Fact]
    public async Task Without_names_and_without_the_setting_what_comes_again_is_stored_again()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        await host.AppendAsync(_key, "a", "b");
        Assert.Equal((4, 0), await host.AppendAsync(_key, "a", "b") is var r ? (r.MessageCount, r.Repeated) : default);
    }

    [Fact]
    public async Task By_content_a_batch_is_known_again_whole_message_by_message_and_with_more_after_it()
    {
        string[] batch = [.. Enumerable.Range(1, 12).Select(static i => $"m{i}")];
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container, ByContent);
        AppendResult first = await host.AppendAsync(_key, batch);
        Assert.Equal(first.MessageIds, (await host.AppendAsync(_key, batch)).MessageIds);
        await host.CommitAsync(await host.AcceptAsync(_key, "c1", keepRecent: 3));

        using Host fresh = await Host.StartAsync(storage, container, ByContent);
        for (int i = 0; i < batch.Length; i++)
        {
            AppendResult single = await fresh.AppendAsync(_key, batch[i]);
            Assert.Equal((first.MessageIds[i], 1), (Assert.Single(single.MessageIds), single.Repeated));
        }

        Assert.Equal(12, (await fresh.AppendAsync(_key, [.. batch, "m13"])).Repeated);
        Assert.Equal([.. batch, "m13"], (await fresh.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task What_is_said_twice_and_followed_by_something_new_is_kept_twice()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container, ByContent);
        await host.AppendAsync(_key, "go on", "one");
        AppendResult second = await host.AppendAsync(_key, "go on", "two");
        Assert.Equal((4, 0), (second.MessageCount, second.Repeated));
        CommitProgress committed = await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        Assert.Equal(4, committed.Counts!.Messages);
    }

    [Fact]
    public async Task At_once_on_many_hosts_it_is_stored_once()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(storage, container, ByContent);
        using Host two = await Host.StartAsync(storage, container, ByContent);
        for (int round = 0; round < 10; round++)
        {
            AppendResult[] results = await Task.WhenAll(Enumerable.Range(0, 6).Select(
                i => (i % 2 == 0 ? one : two).AppendAsync(_key, $"m{round}", $"n{round}")));
            Assert.Single(results.Select(static r => string.Join(',', r.MessageIds)).Distinct());
        }

        Assert.Equal(20, (await one.AuditAsync(_key)).Everything.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_another_host_has_stored_of_a_request_does_not_stand_for_the_rest(bool archived)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host stale = await Host.StartAsync(storage, container);
        using Host host = await Host.StartAsync(storage, container);
        await SayAsync(stale, Named("before"));
        await SayAsync(host, Named("a"));
        if (archived)
        {
            await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        }

        AppendResult result = await SayAsync(stale, Named("a"), Named("b"));
        Assert.Equal(1, result.Repeated);
        Assert.Equal(["before", "a", "b"], (await stale.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task By_content_what_another_host_has_stored_meanwhile_goes_on_the_run_that_was_known()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host stale = await Host.StartAsync(storage, container, ByContent);
        using Host host = await Host.StartAsync(storage, container, ByContent);
        await stale.AppendAsync(_key, "c1", "c2");
        await host.AppendAsync(_key, "c3");
        Assert.Equal(3, (await stale.AppendAsync(_key, "c1", "c2", "c3", "c4")).Repeated);
        Assert.Equal(["c1", "c2", "c3", "c4"], (await stale.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task What_was_left_out_is_stored_with_the_rest_where_the_session_was_deleted_meanwhile()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host slow = await Host.StartAsync(storage, container);
        var options = new SessionOptions { TombstoneRetention = TimeSpan.FromMilliseconds(200) };
        using Host host = await Host.RunAsync(storage, container, options);
        await SayAsync(slow, Named("a"));
        var held = new HoldsRequest();
        slow.Faults.When(static r => r.Comp == "appendblock", held);
        Task<AppendResult> repeated = slow.Store.Sessions.AppendAsync(_key, [Named("a"), Named("b")], null, Cancelled);
        await held.Arrived;
        string incarnation = await host.Store.Sessions.IncarnationAsync(_key, Cancelled);
        await host.Store.Sessions.DeleteAsync(_key, Cancelled);
        await host.Client.WaitForInstanceCompletionAsync($"delete-{incarnation}", Cancelled).WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        await held.ReleaseAsync();
        await repeated;
        Assert.Equal(["a", "b"], (await host.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task A_name_that_comes_after_its_window_is_a_message_of_its_own()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container);
        AppendResult first = await SayAsync(host, Named("a"));
        await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        using Host forgetful = await Host.StartAsync(storage, container, new SessionOptions { IdempotencyWindow = TimeSpan.Zero });
        AppendResult second = await SayAsync(forgetful, Named("a"));
        Assert.NotEqual(first.MessageIds, second.MessageIds);
    }

    [Fact]
    public async Task A_key_that_is_used_again_after_its_window_is_known_by_its_last_use()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host old = await Host.StartAsync(storage, container);
        using Host forgetful = await Host.StartAsync(storage, container, new SessionOptions { IdempotencyWindow = TimeSpan.Zero });
        for (int i = 0; i < 8; i++)
        {
            await old.AppendAsync(_key, Words.Key($"k{i}", "first"), $"first {i}");
        }

        await forgetful.CommitAsync(await forgetful.AcceptAsync(_key, "c1"));
        for (int i = 0; i < 8; i++)
        {
            await forgetful.AppendAsync(_key, Words.Key($"k{i}", "second"), $"second {i}");
        }

        await old.AppendAsync(_key, "another");
        for (int i = 0; i < 8; i++)
        {
            await old.AppendAsync(_key, Words.Key($"k{i}", "second"), $"second {i}");
        }

        Assert.Equal(17, (await forgetful.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled)).TotalMessageCount);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(60, true)]
    [InlineData(61, false)]
    [InlineData(-60, true)]
    [InlineData(-61, false)]
    public void By_content_a_message_is_known_again_within_the_window_alone(int secondsLater, bool isRepetition)
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(60);
        NewMessage message = Words.Message("a");
        AppendLine Line(DateTimeOffset at) => new(
            MessageId.FromContent(message.Hash(), 0, at), RepetitionMatch.Content, [], message.Shape(), "");
        var known = new KeyedMessages();
        known.Add(Line(now).Id);
        var older = new KeyedMessages();
        older.Add(Line(now.AddDays(-1)).Id);
        known.AddOlder(older);
        Assert.Equal(isRepetition, Repetitions.Find([Line(now.AddSeconds(secondsLater))], known, TimeSpan.FromSeconds(60)).Count == 1);
    }

    [Fact]
    public async Task Named_messages_cost_one_request_as_all_others()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(storage, container, ByContent);
        await SayAsync(host, Words.Message("a") with { ClientId = "1" });
        host.Log.Clear();
        await SayAsync(host, Words.Message("b") with { ClientId = "2" }, Words.Message("c"));
        await SayAsync(host, Words.Message("b") with { ClientId = "2" }, Words.Message("c"));
        Assert.Equal(1, host.Log.Count);
    }

    private static NewMessage Named(string text) => Words.Message(text) with { ClientId = text };

    private Task<AppendResult> SayAsync(Host host, params NewMessage[] messages) =>
        host.Store.Sessions.AppendAsync(_key, messages, null, Cancelled);
}
