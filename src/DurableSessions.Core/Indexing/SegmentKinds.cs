namespace DurableSessions.Core.Indexing;

/// <summary>Role and peer of messages, each pair once, in the order of their first message.</summary>
internal sealed class SegmentKinds
{
    private readonly Dictionary<(string Role, string? Peer), int> _numbers = [];
    private readonly List<(string Role, string? Peer)> _all = [];

    public IReadOnlyList<(string Role, string? Peer)> All => _all;

    public int NumberOf(string role, string? peer)
    {
        if (!_numbers.TryGetValue((role, peer), out int number))
        {
            number = _all.Count;
            _numbers.Add((role, peer), number);
            _all.Add((role, peer));
        }

        return number;
    }
}
