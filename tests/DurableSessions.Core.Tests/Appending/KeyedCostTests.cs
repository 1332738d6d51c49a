using DurableSessions.Core.Appending;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Commits.Steps;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Appending;

/// <summary>
/// What an append with an <c>Idempotency-Key</c> costs a host after another one has committed, and that it finds what came meanwhile.
/// </summary>
public sealed class KeyedCostTests(SimulatedFixture storage)
{
    private const int Archives = 50;

    private readonly SessionKey _key = new("acme", "ada", "s1");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task It_reads_the_archives_that_came_since_and_none_before(int keepRecent)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host a = await Host.StartAsync(storage, container);
        using Host b = await Host.StartAsync(storage, container);
        List<string> said = [];
        for (int i = 1; i <= Archives; i++)
        {
            await SayAsync(a, $"a{i}");
            await a.CommitAsync(await a.AcceptAsync(_key, $"c{i}", keepRecent));
        }

        b.Log.Clear();
        await SayAsync(b, "b0");
        Assert.InRange(b.Log.CountOf("GET", "archives/"), 2 * (Archives - keepRecent), 2 * Archives);
        AppendResult missed = await SayAsync(a, "missed");
        await a.CommitAsync(await a.AcceptAsync(_key, "c51", keepRecent));
        await SayAsync(a, "live");

        b.Log.Clear();
        await SayAsync(b, "b1");

        // The archive that came, once for the block that found its segment gone, and once for the keys; each time its entry and messages.
        Assert.True(b.Log.CountOf("GET", "archives/") == 4, b.Log.ToString());
        Assert.True(b.Log.Count <= (keepRecent == 0 ? 10 : 13), b.Log.ToString());

        // What came meanwhile, what was there before, and what this host has stored: each is known.
        b.Log.Clear();
        Assert.Equal(missed.MessageIds, (await b.AppendAsync(_key, Words.Key("missed"), "missed")).MessageIds);
        foreach (string text in said)
        {
            await b.AppendAsync(_key, Words.Key(text), text);
            await Assert.ThrowsAsync<IdempotencyKeyReusedException>(() => b.AppendAsync(_key, Words.Key(text, "other"), text));
        }

        Assert.Equal(0, b.Log.Count);
        Assert.Equal(said, (await a.AuditAsync(_key)).Everything);

        async Task<AppendResult> SayAsync(Host host, string text)
        {
            said.Add(text);
            return await host.AppendAsync(_key, Words.Key(text), text);
        }
    }

    [Fact]
    public async Task What_came_is_found_also_where_the_look_for_it_has_failed_at_any_request()
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host a = await Host.StartAsync(storage, container);
            using Host b = await Host.StartAsync(storage, container);
            string[] said = ["first", "b0", "missed", "live", "b1"];
            await SayAsync(a, "first");
            await SayAsync(b, "b0");
            await SayAsync(a, "missed");
            CommitInput commit = await a.AcceptAsync(_key, "c1", keepRecent: 1);
            CommitProgress staged = await a.ArchiveToTempAsync(commit);
            if (k % 2 == 0)
            {
                await a.ClearLiveAsync(commit, staged);
            }

            await SayAsync(a, "live");
            int before = b.Faults.Requests;
            b.Faults.AtRequest(before + ((k + 1) / 2), Fault.Respond(403, "AuthorizationFailure"));
            bool isRefused = await Record.ExceptionAsync(() => SayAsync(b, "b1")) is not null;
            foreach (string text in said)
            {
                await SayAsync(b, text);
            }

            Assert.Equal(said, (await a.AuditAsync(_key)).Everything);
            if (!isRefused && k % 2 == 0)
            {
                Assert.True(k > 8, $"{k}");
                break;
            }
        }

        Task<AppendResult> SayAsync(Host host, string text) => host.AppendAsync(_key, Words.Key(text), text);
    }

    [Fact]
    public async Task A_session_that_was_created_again_has_none_of_the_keys_of_the_one_before()
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host a = await Host.StartAsync(storage, container);
        using Host b = await Host.StartAsync(storage, container);
        await b.AppendAsync(_key, Words.Key("k"), "m1");
        await b.AppendAsync(_key, Words.Key("k"), "m1");
        await a.DeleteAsync(await a.AcceptAsync(_key, "c1"));
        await a.AppendAsync(_key, "of another session");

        // It sees the session that there is now.
        await b.AppendAsync(_key, Words.Key("k2"), "m2");
        await b.AppendAsync(_key, Words.Key("k"), "m1");

        Assert.Equal(["of another session", "m2", "m1"], (await a.AuditAsync(_key)).Everything);
    }
}
