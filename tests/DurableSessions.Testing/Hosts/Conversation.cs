namespace DurableSessions.Testing;

/// <summary>The messages that clients sent, and which of them storage acknowledged.</summary>
internal sealed class Conversation
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _sent = [];
    private readonly List<string[]> _acknowledged = [];

    /// <summary>The session may have been deleted: what was acknowledged before is gone with it.</summary>
    public bool MayBeDeleted { get; set; }

    /// <summary>The conversation as it is now; it goes on by itself.</summary>
    public Conversation Copy()
    {
        var copy = new Conversation { MayBeDeleted = MayBeDeleted };
        lock (_lock)
        {
            copy._sent.UnionWith(_sent);
            copy._acknowledged.AddRange(_acknowledged);
        }

        return copy;
    }

    public void Sent(string[] texts)
    {
        lock (_lock)
        {
            _sent.UnionWith(texts);
        }
    }

    public void Acknowledged(string[] texts)
    {
        lock (_lock)
        {
            if (!_acknowledged.Any(a => a[0] == texts[0]))
            {
                _acknowledged.Add(texts);
            }
        }
    }

    /// <summary>
    /// Every acknowledged message is there once, in the order of acknowledgement; nothing is there that was never sent; a request
    /// is there whole or not at all. (That each message is there once, the audit has seen.)
    /// </summary>
    public void Check(Audit audit)
    {
        Assert.Subset(_sent, audit.Everything.ToHashSet());
        if (!MayBeDeleted)
        {
            string[] all = [.. _acknowledged.SelectMany(static a => a)];
            Assert.Equal(all, audit.Everything.Where(all.Contains));
        }

        Assert.Equal(Enumerable.Range(1, audit.Archives.Count), audit.Archives.Select(static a => a.Number));
        Assert.Empty(audit.Info.PendingArchives);
    }

    /// <summary>There is no session: nothing was acknowledged, or it was deleted.</summary>
    public void CheckNothing() => Assert.True(MayBeDeleted || _acknowledged.Count == 0);
}
