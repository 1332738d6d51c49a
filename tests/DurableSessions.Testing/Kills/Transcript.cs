namespace DurableSessions.Testing.Kills;

/// <summary>What clients sent to one session, and the answers that they got.</summary>
internal sealed class Transcript(string session)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Said> _said = [];
    private readonly HashSet<string> _tasks = [];

    public string Session => session;

    /// <summary>The commits that were accepted.</summary>
    public IReadOnlyList<string> Tasks
    {
        get
        {
            lock (_gate)
            {
                return [.. _tasks];
            }
        }
    }

    public int Messages => _said.Count;

    /// <summary>Texts were sent at one time, for the first time, and acknowledged at another.</summary>
    public void Acknowledged(IEnumerable<string> texts, long sentAt, long acknowledgedAt)
    {
        lock (_gate)
        {
            foreach (string text in texts)
            {
                _said.Add(text, new Said(sentAt, acknowledgedAt));
            }
        }
    }

    public void Accepted(string taskId)
    {
        lock (_gate)
        {
            _tasks.Add(taskId);
        }
    }

    /// <summary>
    /// The commit completed without an archive: it was accepted while its host was held up, and by the time it ran another had
    /// taken everything. What it should have archived is then in theirs, or <see cref="Check"/> misses it.
    /// </summary>
    public void FoundNothing(string taskId)
    {
        lock (_gate)
        {
            _tasks.Remove(taskId);
        }
    }

    /// <summary>
    /// Everything that was acknowledged is there exactly once and nothing else; what was acknowledged before something else was
    /// sent stands before it; archives are numbered without gaps, one for each commit that found something.
    /// </summary>
    public void Check(HttpAudit audit)
    {
        Assert.Equal(_said.Count, audit.Everything.Count);
        Assert.Equal(_said.Keys.Order(StringComparer.Ordinal), audit.Everything.Order(StringComparer.Ordinal));
        long earliest = long.MaxValue;
        foreach (string text in audit.Everything.Reverse())
        {
            Said said = _said[text];
            Assert.True(earliest >= said.SentAt, $"{session}: '{text}' stands before something that was acknowledged before it was sent.");
            earliest = Math.Min(earliest, said.AcknowledgedAt);
        }

        Assert.Equal(Enumerable.Range(1, audit.Archives.Count), audit.Archives.Select(static archive => archive.Number));
        Assert.Equal(
            _tasks.Order(StringComparer.Ordinal), audit.Archives.Select(static archive => archive.TaskId).Order(StringComparer.Ordinal));
    }

    private readonly record struct Said(long SentAt, long AcknowledgedAt);
}
