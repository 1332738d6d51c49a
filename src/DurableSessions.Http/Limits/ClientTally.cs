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
    /// <exception cref="ArgumentOutOfRangeException">It would have less than nothing: something was given back twice.</exception>
    public void Add(string client, long change)
    {
        long now = Of(client) + change;
        ArgumentOutOfRangeException.ThrowIfNegative(now, nameof(change));
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
