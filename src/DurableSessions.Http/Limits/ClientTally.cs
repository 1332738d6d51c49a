namespace DurableSessions.Http.Limits;

/// <summary>
/// What clients have open or hold at a time, each by its name (see <see cref="ClientName"/>), and all together. A client that has nothing
/// takes no room. Its user locks it.
/// </summary>
internal sealed class ClientTally
{
    private readonly Dictionary<string, long> _byClient = new(StringComparer.Ordinal);

    /// <summary>What all clients have.</summary>
    public long All { get; private set; }

    /// <summary>What one client has.</summary>
    public long Of(string client) => _byClient.GetValueOrDefault(client);

    /// <summary>A client has more, or less where the change is negative.</summary>
    public void Add(string client, long change)
    {
        long now = Of(client) + change;
        All += change;
        if (now == 0)
        {
            _byClient.Remove(client);
        }
        else
        {
            _byClient[client] = now;
        }
    }
}
