using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>What holds of the first archive's digests when all is over.</summary>
internal static class Digests
{
    private static readonly TimeSpan OrphanAge = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task CheckAsync(Host host, SessionKey key, int inPlace, int versions, string overview, bool isNewest = true)
    {
        IReadOnlyList<DigestInfo> digests = await host.Store.Digests.ListAsync(key, 1, Cancelled);
        Assert.Equal(versions, digests.Count);
        Assert.Equal(inPlace, Assert.Single(digests, static d => d.IsInPlace).Version);
        Assert.Equal(overview, (await host.Store.Archives.GetAsync(key, 1, Cancelled)).Info.Overview);
        if (isNewest)
        {
            Assert.Equal(overview, (await host.Store.Sessions.ReadContextAsync(key, 1_000, Cancelled)).Overview);
        }

        Assert.DoesNotContain(
            await AuditAsync(host),
            static f => f.Blob.Contains("semantic", StringComparison.Ordinal) || f.Blob.Contains("/index/", StringComparison.Ordinal));
    }

    public static async Task<IReadOnlyList<Finding>> AuditAsync(Host host)
    {
        // Until what is left over is old enough to be reported; where that takes no time, also until what a dead host ran
        // is claimed, and its steps are tried again.
        await Task.Delay(host.Time == TimeProvider.System ? OrphanAge * 3 : TimeSpan.FromSeconds(20), host.Time, Cancelled);
        var options = new AuditOptions { OrphanAge = OrphanAge };
        return await host.Store.Audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled);
    }
}
