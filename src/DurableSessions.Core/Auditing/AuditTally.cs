namespace DurableSessions.Core.Auditing;

/// <summary>Counts what an audit has looked at; tells of it at every step.</summary>
internal sealed class AuditTally(IProgress<AuditProgress>? progress)
{
    private long _sessions;
    private long _archives;
    private long _messages;
    private long _blobs;
    private string _stage = "";

    public void Enter(string stage)
    {
        _stage = stage;
        Report();
    }

    public void AddSession()
    {
        Interlocked.Increment(ref _sessions);
        Report();
    }

    public void AddArchive()
    {
        Interlocked.Increment(ref _archives);
        Report();
    }

    public void AddBlob()
    {
        Interlocked.Increment(ref _blobs);
        Report();
    }

    public void AddMessage() => Interlocked.Increment(ref _messages);

    private void Report() => progress?.Report(new AuditProgress(
        _stage,
        Interlocked.Read(ref _sessions),
        Interlocked.Read(ref _archives),
        Interlocked.Read(ref _messages),
        Interlocked.Read(ref _blobs)));
}
