using DurableSessions.Core.Commits;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Sessions;
using DurableSessions.Testing;

namespace DurableSessions.Protocol.Tests.Appending;

/// <summary>Messages that come again without an <c>Idempotency-Key</c>: by their names, or by what they say.</summary>
public sealed class RepetitionTests(AzuriteFixture azurite)
{
    private static readonly SessionOptions ByContent = new() { RepetitionWindow = TimeSpan.FromHours(1) };

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<bool, bool> NamesAndSources => new() { { true, false }, { false, true }, { true, true } };

    [Theory]
    [MemberData(nameof(NamesAndSources))]
    public async Task Named_messages_that_come_again_are_stored_once(bool named, bool sourced)
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container);
        NewMessage Named(string text) => Words.Message(text) with { ClientId = named ? text : null, SourceMessageIds = sourced ? [$"from {text}"] : null };
        AppendResult first = await SayAsync(host, Named("a"), Named("b"));
        await host.CommitAsync(await host.AcceptAsync(_key, "c1", keepRecent: 1));

        using Host fresh = await Host.StartAsync(azurite, container);
        foreach (Host repeating in (Host[])[host, fresh])
        {
            AppendResult again = await SayAsync(repeating, Named("a"), Named("b"));
            Assert.Equal(first.MessageIds, again.MessageIds);
            Assert.Equal(2, again.Repeated);
            AppendResult more = await SayAsync(repeating, Named("b"), Named("c"));
            Assert.Equal(first.MessageIds[1], more.MessageIds[0]);
        }

        Assert.Equal(["a", "b", "c"], (await fresh.AuditAsync(_key)).Everything);
    }

    [Fact]
    public async Task The_same_name_for_something_else_is_something_else()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container);
        NewMessage first = Words.Message("a") with { ClientId = "1" };
        await SayAsync(host, first);
        foreach (NewMessage other in (NewMessage[])[
            Words.Message("b") with { ClientId = "1" }, first with { ClientId = "2" }, first with { CreatedAt = "today" },
            first with { Role = "assistant" }, first with { TurnId = "t" }, first with { PeerId = "t" }, first with { SourceMessageIds = [""] }])
        {
            Assert.Equal(0, (await SayAsync(host, other)).Repeated);
        }

        Assert.Equal(8, (await host.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled)).MessageCount);
    }

    [Fact]
    public async Task The_same_message_twice_in_one_request_is_meant_twice()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container, ByContent);
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
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container);
        await host.AppendAsync(_key, "a", "b");
        Assert.Equal((4, 0), await host.AppendAsync(_key, "a", "b") is var r ? (r.MessageCount, r.Repeated) : default);
    }

    [Fact]
    public async Task By_content_a_batch_is_known_again_whole_message_by_message_and_with_more_after_it()
    {
        string[] batch = [.. Enumerable.Range(1, 12).Select(static i => $"m{i}")];
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container, ByContent);
        AppendResult first = await host.AppendAsync(_key, batch);
        Assert.Equal(first.MessageIds, (await host.AppendAsync(_key, batch)).MessageIds);
        await host.CommitAsync(await host.AcceptAsync(_key, "c1", keepRecent: 3));

        using Host fresh = await Host.StartAsync(azurite, container, ByContent);
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
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container, ByContent);
        await host.AppendAsync(_key, "go on", "one");
        AppendResult second = await host.AppendAsync(_key, "go on", "two");
        Assert.Equal((4, 0), (second.MessageCount, second.Repeated));
        CommitProgress committed = await host.CommitAsync(await host.AcceptAsync(_key, "c1"));
        Assert.Equal(4, committed.Counts!.Messages);
    }

    [Fact]
    public async Task At_once_on_many_hosts_it_is_stored_once()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host one = await Host.StartAsync(azurite, container, ByContent);
        using Host two = await Host.StartAsync(azurite, container, ByContent);
        for (int round = 0; round < 10; round++)
        {
            AppendResult[] results = await Task.WhenAll(Enumerable.Range(0, 6).Select(
                i => (i % 2 == 0 ? one : two).AppendAsync(_key, $"m{round}", $"n{round}")));
            Assert.Single(results.Select(static r => string.Join(',', r.MessageIds)).Distinct());
        }

        Assert.Equal(20, (await one.AuditAsync(_key)).Everything.Count);
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
        AppendLine Line(DateTimeOffset at) => new(0, MessageId.FromContent(message.Hash(), 0, at), Recognition.Content, [], message.Shape(), "");
        var known = new KeyedMessages();
        known.Add(Line(now).Id);
        known.Add(Line(now.AddDays(-1)).Id);
        Assert.Equal(isRepetition, Repetitions.Find([Line(now.AddSeconds(secondsLater))], known, TimeSpan.FromSeconds(60)).Count == 1);
    }

    [Fact]
    public async Task Named_messages_cost_one_request_as_all_others()
    {
        string container = (await azurite.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(azurite, container, ByContent);
        await SayAsync(host, Words.Message("a") with { ClientId = "1" });
        host.Log.Clear();
        await SayAsync(host, Words.Message("b") with { ClientId = "2" }, Words.Message("c"));
        await SayAsync(host, Words.Message("b") with { ClientId = "2" }, Words.Message("c"));
        Assert.Equal(1, host.Log.Count);
    }

    private Task<AppendResult> SayAsync(Host host, params NewMessage[] messages) => host.Store.Sessions.AppendAsync(_key, messages, null, Cancelled);
}
