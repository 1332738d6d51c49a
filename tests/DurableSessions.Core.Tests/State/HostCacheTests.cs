using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Testing;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging.Abstractions;

namespace DurableSessions.Core.Tests.State;

/// <summary>What a host remembers is bounded by bytes, and what it has forgotten it reads again.</summary>
[Collection(nameof(Simulated))]
public sealed class HostCacheTests
{
    private const int MaxBytes = 1024 * 1024;

    private static readonly SessionOptions s_options = new() { MaxCacheBytes = MaxBytes };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Large_digests_stay_below_the_bound_and_are_read_again() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        const int Room = MaxBytes / (2 * SemanticDigest.MaxOverviewLength);
        const int Commits = Room + 10;
        var processor = new FakeProcessor { Adds = new string('d', SemanticDigest.MaxOverviewLength), FindsMemories = false };
        using Host host = await Host.StartAsync(cluster, container, s_options, processor);
        for (int i = 0; i < Commits; i++)
        {
            await host.AppendAsync(Key(0), $"m{i}");
            await host.CommitAsync(await host.AcceptAsync(Key(0), $"c{i}"));
            Assert.InRange(host.Cache.Bytes, 1, MaxBytes);
        }

        Assert.InRange(host.Cache.Keys.OfType<(string Kind, string Name)>().Count(static k => k.Kind == "semantic"), 1, Room);
        Audit audit = await host.AuditAsync(Key(0));
        Assert.Equal([.. Enumerable.Range(0, Commits).Select(static i => $"m{i}")], audit.Everything);
        Assert.InRange(host.Cache.Bytes, 1, MaxBytes);
    });

    /// <summary>One session has known keys and messages: its entry is made small, and grows.</summary>
    [Fact]
    public Task A_session_whose_known_keys_grow_is_counted_as_it_is() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container, s_options);
        await host.AppendAsync(Key(0), Words.Key("first"), "first");
        long before = host.Cache.Bytes;
        await FillAsync(host, Key(0), 50);
        Assert.InRange(host.Cache.Bytes - before, 5_000 * (16 + 48) * 3 / 5, 5_000 * (16 + 48) * 7 / 5);
        for (int i = 1; i < 8; i++)
        {
            await FillAsync(host, Key(i), 30);
            Assert.InRange(host.Cache.Bytes, 1, MaxBytes);
        }

        // Forgotten or not: a key that comes again is known.
        Assert.Equal(5_001, await FillAsync(host, Key(0), 50));
    });

    [Fact]
    public Task A_search_index_that_grows_is_counted_as_it_is() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        using Host host = await Host.StartAsync(cluster, container, s_options);
        var index = new UserIndex();
        string words = string.Join(' ', Enumerable.Range(0, 1_000).Select(static i => $"word{i}"));
        host.Cache.GetOrCreateOnce("index", TimeSpan.FromMinutes(1), bytes: 0, () => index);
        long before = host.Cache.Bytes;
        index.Set(Info("one"), words);
        host.Cache.Resize("index", index, TimeSpan.FromMinutes(1), index.Bytes);
        Assert.InRange(host.Cache.Bytes - before, 100_000, 200_000);

        index.KeepMemories([]);
        host.Cache.Resize("index", index, TimeSpan.FromMinutes(1), index.Bytes);
        Assert.Equal(before, host.Cache.Bytes);
    });

    [Fact]
    public void What_is_larger_than_the_bound_is_not_remembered_and_another_value_is_not_resized()
    {
        using var cache = new HostCache(NullLoggerFactory.Instance, maxBytes: 10_000);
        string value = cache.GetOrCreateOnce("k", TimeSpan.FromMinutes(1), bytes: 20_000, static () => new string('v', 10_000));
        Assert.Equal(10_000, value.Length);
        Assert.False(cache.TryGetValue("k", out _));

        cache.Set("other", "remembered", HostCache.Sized(100));
        cache.Resize("other", value, TimeSpan.FromMinutes(1), 5_000);
        Assert.Equal(HostCache.EntryBytes + 100, cache.Bytes);
    }

    private static SessionKey Key(int i) => new("acme", "ada", $"s{i}");

    private static MemoryInfo Info(string name) => new()
    {
        Category = MemoryCategory.Profile,
        Name = name,
        Version = "1",
        Revision = 1,
        Abstract = "one",
        Tokens = 1,
        ChangedAt = DateTimeOffset.UnixEpoch,
    };

    // How many messages the session has then.
    private static async Task<int> FillAsync(Host host, SessionKey key, int requests)
    {
        int count = 0;
        for (int i = 0; i < requests; i++)
        {
            string[] texts = [.. Enumerable.Range(0, 100).Select(static n => $"m{n}")];
            count = (await host.AppendAsync(key, Words.Key($"k{i}"), texts)).MessageCount;
        }

        return count;
    }
}
