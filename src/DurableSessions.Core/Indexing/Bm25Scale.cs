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

    /// <summary>
    /// The evidence of a text, beside the query's rarest term: of each term that it has, how much that says, for the most part for being
    /// there at all, and for the rest as often as it comes.
    /// </summary>
    /// <param name="rarities">The sum of the rarities of the terms that it has.</param>
    /// <param name="rank">The sum of what these add to its rank.</param>
    /// <param name="rarest">The rarity of the query's rarest term.</param>
    public static double Evidence(double rarities, double rank, double rarest) =>
        ((PresenceWeight * rarities) + ((1 - PresenceWeight) * rank / (Saturation + 1))) / rarest;

    /// <summary>The score of so much evidence, 0 to 1.</summary>
    public static double Score(double evidence) => evidence / (1 + evidence);
}
