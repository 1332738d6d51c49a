using DurableSessions.Engine.Running;

namespace DurableSessions.Engine.Hosts;

/// <summary>Whether this host is alone: it has seen no instance of another host within the last ten minutes.</summary>
/// <param name="identity">As whom this host claims.</param>
/// <param name="time">The clock of this host; only its timestamps count.</param>
internal sealed class OtherHosts(HostIdentity identity, TimeProvider time)
{
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Signal _came = new();
    private long? _seen;

    /// <summary>Whether an instance of another host was seen within the last ten minutes.</summary>
    public bool AreAround
    {
        get
        {
            lock (_gate)
            {
                return _seen is { } seen && time.GetElapsedTime(seen) < Remembered;
            }
        }
    }

    /// <summary>Completes when another host is seen where there was none.</summary>
    public Task Came => _came.Next;

    /// <summary>An instance has an owner; it is another host's, unless this one has just claimed it.</summary>
    public void Saw(string owner)
    {
        if (OwnerHost.Of(owner) == identity.Current)
        {
            return;
        }

        bool isFirst;
        lock (_gate)
        {
            isFirst = !AreAround;
            _seen = time.GetTimestamp();
        }

        if (isFirst)
        {
            _came.Send();
        }
    }
}
