namespace DurableSessions.Core.Indexing;

/// <summary>What Okapi BM25 measures texts by.</summary>
/// <param name="texts">How many there are.</param>
/// <param name="length">The terms of all of them.</param>
internal readonly struct Bm25Scale(long texts, long length)
{
    private const double Saturation = 1.2;
    private const double LengthWeight = 0.75;

    // Of a word's evidence: that it is there at all; the rest is how often.
    private const double PresenceWeight = 0.7;

    private readonly double _average = Math.Max(1, (double)length / Math.Max(1, texts));

    /// <summary>How much a term says that so many texts have.</summary>
    public double Rarity(long having) => Math.Log(1 + ((texts - having + 0.5) / (having + 0.5)));

    /// <summary>How often a text of that length has a term, 0 to 1.</summary>
    public double Frequency(double times, double ofLength) =>
        times / (times + (Saturation * (1 - LengthWeight + (LengthWeight * ofLength / _average))));

    /// <summary>What a term adds to the rank of a text.</summary>
    public static double Rank(double rarity, double frequency) => rarity * frequency * (Saturation + 1);

    /// <summary>What a term adds to the evidence of a text, beside the query's rarest term.</summary>
    public static double Evidence(double rarity, double rarest, double frequency) =>
        rarity / rarest * (PresenceWeight + ((1 - PresenceWeight) * frequency));

    /// <summary>The score of so much evidence, 0 to 1.</summary>
    public static double Score(double evidence) => evidence / (1 + evidence);
}
