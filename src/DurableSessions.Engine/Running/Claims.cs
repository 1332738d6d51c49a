using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>Makes the documents by which this host owns an instance. It writes nothing itself.</summary>
/// <param name="ownership">For how long a claim holds without renewal.</param>
/// <param name="identity">As whom it is owned.</param>
/// <param name="hosts">Which owners live.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class Claims(TimeSpan ownership, HostIdentity identity, KnownHosts hosts, TimeProvider time)
{
    /// <summary>The instance as claimed by this host, to be written.</summary>
    public InstanceDocument Claim(InstanceDocument instance)
    {
        string write = InstanceDocument.NewWriteId();
        return Own(instance) with { WriteId = write, CheckpointId = write };
    }

    /// <summary>
    /// From when on this host may try to claim an instance that it does not run; <see langword="null"/>: not before a message arrives.
    /// </summary>
    /// <remarks>
    /// What an owner has written last is its own for <see cref="EngineOptions.Ownership"/>, also where its host, which had nothing to do
    /// before, has not said again yet that it lives. What this host owns and does not run has been dropped, or the answer to its claim was
    /// lost.
    /// </remarks>
    public DateTimeOffset? ClaimableFrom(InstanceHeader instance)
    {
        if (identity.Succeeds(instance.Owner))
        {
            return time.GetUtcNow();
        }

        if (instance.OwnedUntil is not { } until || OwnerHost.Of(instance.Owner) is not { } owner)
        {
            return instance.ClaimableFrom;
        }

        if (owner == identity.Current)
        {
            return Earlier(until, instance.Updated + ownership);
        }

        return hosts.FindDeath(owner) is { } death
            ? Earlier(until, Later(instance.Updated + death.Ownership, time.GetUtcNow() + hosts.TurnIn(death, instance.Id)))
            : until;
    }

    /// <summary>
    /// How this host finds out that it may claim an instance of another host: without a look at the instance, where another listing shows
    /// whether that is still to be done.
    /// </summary>
    public Attention AttentionTo(InstanceHeader instance) =>
        OwnerHost.Of(instance.Owner) is not { } owner || owner == identity.Current ? Attention.Look
        : hosts.Lives(owner) ? Attention.WhenItsHostDies
        : hosts.FindDeath(owner) is { } death && hosts.TurnIn(death, instance.Id) > TimeSpan.Zero ? Attention.List
        : Attention.Look;

    /// <summary>The instance, owned by this host from this write on.</summary>
    public InstanceDocument Own(InstanceDocument instance)
    {
        DateTimeOffset now = time.GetUtcNow();
        return instance with
        {
            Owner = identity.NewOwner(),
            OwnedUntil = now + ownership,
            Updated = now,
            NextDue = null,
            WaitsFor = null,
        };
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}
