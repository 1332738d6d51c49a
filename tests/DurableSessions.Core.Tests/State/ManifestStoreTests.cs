using DurableSessions.Core.Configuration;
using DurableSessions.Core.Quotas;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using static DurableSessions.Core.Tests.State.Manifests;

namespace DurableSessions.Core.Tests.State;

[Collection(nameof(Simulated))]
public class ManifestStoreTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_manifest_that_breaks_a_rule_is_not_written() => RunAsync(async manifests =>
    {
        StoredManifest created = (await manifests.TryCreateAsync(Key, New(), Cancelled))!;

        await Assert.ThrowsAsync<BrokenManifestException>(() => manifests.ApplyAsync(
            Key, static m => new Transition.Changed(m with { Live = [m.Last, m.Last] }), Cancelled));
        await Assert.ThrowsAsync<BrokenManifestException>(() => manifests.TryApplyAsync(
            Key, created, static m => new Transition.Changed(m with { Pending = [], ArchiveCount = 1 }), Cancelled));

        Assert.Equal(created.ETag, (await manifests.LoadAsync(Key, Cancelled))!.ETag);
    });

    [Fact]
    public Task A_session_is_not_created_with_a_manifest_that_breaks_a_rule() => RunAsync(async manifests =>
    {
        await Assert.ThrowsAsync<BrokenManifestException>(() => manifests.TryCreateAsync(Key, New() with { Live = [] }, Cancelled));

        Assert.Null(await manifests.LoadAsync(Key, Cancelled));
    });

    private static Task RunAsync(Func<ManifestStore, Task> test) => Simulated.RunAsync(async cluster =>
    {
        SessionStorage storage = await cluster.ConnectAsync((await cluster.NewContainerAsync()).Name);
        using var cache = new HostCache(NullLoggerFactory.Instance, maxBytes: 1024 * 1024);
        var usages = new AccountUsages(storage, cache, new SessionOptions(), cluster.Time, NullLogger<AccountUsages>.Instance);
        await test(new ManifestStore(storage, new ManifestCache(cache), cluster.Time, usages));
    });
}
