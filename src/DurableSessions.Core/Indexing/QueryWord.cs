namespace DurableSessions.Core.Indexing;

/// <summary>A word of a query, and what it adds to the rank of a message by how often and in how long a one it comes.</summary>
internal sealed class QueryWord
{
    // For most messages; those of others are computed each.
    private const int Lengths = 512;

    private readonly Bm25Scale _scale;
    private readonly float[] _once;

    /// <param name="scale">What messages are measured by.</param>
    /// <param name="messages">How many have the word.</param>
    public QueryWord(Bm25Scale scale, long messages)
    {
        _scale = scale;
        Rarity = scale.Rarity(messages);

        // Where it does not pay, none.
        _once = messages < Lengths ? [] : [.. Enumerable.Range(0, Lengths).Select(length => Compute(1, length))];
    }

    /// <summary>How much it says.</summary>
    public double Rarity { get; }

    /// <summary>What it adds to the rank of a message.</summary>
    public float Rank(int times, int length) => times == 1 && length < _once.Length ? _once[length] : Compute(times, length);

    private float Compute(int times, int length) => (float)Bm25Scale.Rank(Rarity, _scale.Frequency(times, length));
}
