using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>Makes the documents by which this host owns an instance. It writes nothing itself.</summary>
/// <param name="ownership">For how long a claim holds without renewal.</param>
/// <param name="identity">As whom it is owned.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class Claims(TimeSpan ownership, HostIdentity identity, TimeProvider time)
{
    /// <summary>The instance as claimed by this host, to be written.</summary>
    public InstanceDocument Claim(InstanceDocument instance)
    {
        string write = InstanceDocument.NewWriteId();
        return Own(instance) with { WriteId = write, CheckpointId = write };
    }

    /// <summary>From when on this host may try to claim an instance; <see langword="null"/>: not before a message arrives.</summary>
    public DateTimeOffset? ClaimableFrom(InstanceHeader instance) =>
        identity.Succeeds(instance.Owner) ? time.GetUtcNow() : instance.ClaimableFrom;

    /// <summary>A new instance, owned by this host from its creation on.</summary>
    public InstanceDocument Own(InstanceDocument instance) => instance with
    {
        Owner = identity.NewOwner(),
        OwnedUntil = time.GetUtcNow() + ownership,
        NextDue = null,
        WaitsFor = null,
    };
}
