using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Hosts;

/// <summary>The hosts that say by a blob that they live, and this one.</summary>
/// <param name="blobs">The blobs of all hosts.</param>
/// <param name="identity">As whom this host claims.</param>
/// <param name="ownership">That of this host.</param>
/// <param name="time">The clock of this host; only its timestamps count.</param>
internal sealed class EmbeddedHosts(LivenessBlobs blobs, HostIdentity identity, TimeSpan ownership, TimeProvider time) : OrchestrationHosts
{
    public override async Task<IReadOnlyList<OrchestrationHost>> ListAsync(CancellationToken cancellationToken)
    {
        LivenessListing listing = await blobs.ListAsync(cancellationToken);
        string self = identity.Current.Name;
        return
        [
            new OrchestrationHost(self, IsThis: true, IsAlive: true, listing.Signs.FirstOrDefault(s => s.Host.Name == self)?.LastModified),
            .. listing.Signs
                .Where(s => s.Host.Name != self)
                .OrderBy(static s => s.Host.Name, StringComparer.Ordinal)
                .Select(s => new OrchestrationHost(s.Host.Name, IsThis: false, Lives(s, listing), s.LastModified)),
        ];
    }

    private bool Lives(LivenessSign sign, LivenessListing listing) =>
        KnownHost.After(before: null, sign, listing, ownership, time).Died is null;
}
