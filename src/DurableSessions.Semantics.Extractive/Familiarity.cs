namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Which words a conversation has had: a table of fixed size, so that its memory does not grow. Two words may share a place; then a new one
/// passes for a known one, and no more.
/// </summary>
internal sealed class Familiarity
{
    private const int Places = 8_192;
    private const byte Often = 200;

    private readonly byte[] _heard = new byte[Places];

    /// <summary>How new a text's words are, from 0 (all heard often) to 1; words that tell nothing do not count.</summary>
    public double NoveltyOf(Terms terms)
    {
        double rarity = 0;
        double novelty = 0;
        foreach (uint term in terms.Hashes)
        {
            double rare = CommonWords.Rarity(term);
            rarity += rare;
            novelty += rare / (1 + (_heard[term % Places] * 0.5));
        }

        return rarity == 0 ? 0 : novelty / rarity;
    }

    public void Hear(Terms terms)
    {
        foreach (uint term in terms.Hashes)
        {
            ref byte heard = ref _heard[term % Places];
            heard += heard < Often ? (byte)1 : (byte)0;
        }
    }
}
