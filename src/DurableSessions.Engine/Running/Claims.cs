using DurableSessions.Engine.Instances;

namespace DurableSessions.Engine.Running;

/// <summary>Makes the documents by which this host owns an instance. It writes nothing itself.</summary>
/// <param name="ownership">For how long a claim holds without renewal.</param>
/// <param name="time">The clock of this host.</param>
internal sealed class Claims(TimeSpan ownership, TimeProvider time)
{
    private readonly string _host = $"{Environment.MachineName}-{Guid.CreateVersion7():N}";
    private int _claims;

    /// <summary>
    /// The instance as claimed by this host, to be written. Every claim has a name of its own: a worker that has lost its
    /// instance to another worker of the same process sees that as well.
    /// </summary>
    public InstanceDocument Claim(InstanceDocument instance)
    {
        string write = InstanceDocument.NewWriteId();
        return Own(instance) with { WriteId = write, CheckpointId = write };
    }

    /// <summary>A new instance, owned by this host from its creation on.</summary>
    public InstanceDocument Own(InstanceDocument instance) => instance with
    {
        Owner = $"{_host}/{Interlocked.Increment(ref _claims)}",
        OwnedUntil = time.GetUtcNow() + ownership,
        NextDue = null,
    };
}
