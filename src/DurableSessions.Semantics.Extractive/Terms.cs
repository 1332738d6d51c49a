namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// The words that carry a text's meaning, as sorted hashes: stop words left out, endings cut, Han text as pairs of characters.
/// </summary>
internal readonly struct Terms
{
    private const int MaxTerms = 48;

    private readonly uint[] _hashes;

    private Terms(uint[] hashes, int pairs)
    {
        _hashes = hashes;
        HanPairs = pairs;
    }

    public int Count => _hashes.Length;

    public ReadOnlySpan<uint> Hashes => _hashes;

    /// <summary>How many of them are pairs of Han characters.</summary>
    public int HanPairs { get; }

    /// <summary>These terms and those of another text, as far as there is room for them.</summary>
    public Terms With(string text)
    {
        Terms more = Of(text);
        uint[] both = [.. _hashes.Union(more._hashes).Take(MaxTerms)];
        Array.Sort(both);
        return new Terms(both, HanPairs + more.HanPairs);
    }

    /// <summary>What they tell in all: each its rarity, from 0 to 1.</summary>
    public double Rarity
    {
        get
        {
            double rarity = 0;
            foreach (uint hash in _hashes)
            {
                rarity += CommonWords.Rarity(hash);
            }

            // A pair of Han characters tells less than a word.
            return Math.Max(0, rarity - (0.6 * HanPairs));
        }
    }

    /// <summary>The term that a word in lower case, or a pair of Han characters, is.</summary>
    public static uint HashOf(ReadOnlySpan<char> word) => Scripts.HasIdeographs(word) ? Hash(word) : Hash(Stem(word));

    public static Terms Of(string text)
    {
        Span<uint> hashes = stackalloc uint[MaxTerms];
        int count = 0;
        Span<char> word = stackalloc char[32];
        int length = 0;
        int pairs = 0;
        char previousHan = '\0';
        for (int i = 0; i <= text.Length && count < MaxTerms; i++)
        {
            char c = i < text.Length ? text[i] : ' ';
            if (Scripts.IsIdeographic(c))
            {
                AddWord(hashes, ref count, word[..length]);
                length = 0;
                if (previousHan != '\0')
                {
                    Add(hashes, ref count, Hash([previousHan, c]));
                    pairs++;
                }

                previousHan = c;
                continue;
            }

            previousHan = '\0';
            if (char.IsLetterOrDigit(c) || c == '_' || (c is '\'' or '’' && length > 0))
            {
                if (length < word.Length)
                {
                    word[length++] = c == '’' ? '\'' : char.ToLowerInvariant(c);
                }
            }
            else
            {
                AddWord(hashes, ref count, word[..length]);
                length = 0;
            }
        }

        hashes[..count].Sort();
        return new Terms(hashes[..count].ToArray(), pairs);
    }

    /// <summary>What the terms that both have tell: each its rarity.</summary>
    public double SharedRarity(Terms other)
    {
        double shared = 0;
        for (int i = 0, j = 0; i < _hashes.Length && j < other._hashes.Length;)
        {
            int order = _hashes[i].CompareTo(other._hashes[j]);
            shared += order == 0 ? CommonWords.Rarity(_hashes[i]) : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return shared;
    }

    /// <summary>How many terms both have.</summary>
    public int Shared(Terms other)
    {
        int shared = 0;
        for (int i = 0, j = 0; i < _hashes.Length && j < other._hashes.Length;)
        {
            int order = _hashes[i].CompareTo(other._hashes[j]);
            shared += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return shared;
    }

    /// <summary>The share of the smaller one's terms that the other has too, from 0 to 1.</summary>
    public double Containment(Terms other)
    {
        int smaller = Math.Min(Count, other.Count);
        return smaller == 0 ? 0 : (double)Shared(other) / smaller;
    }

    private static void AddWord(Span<uint> hashes, ref int count, ReadOnlySpan<char> word)
    {
        if (word.Length > 2 && word[^2] == '\'')
        {
            word = word[..^2];
        }

        if (word.Length == 0 || (word.Length == 1 && !char.IsDigit(word[0])) || StopWords.Contains(word))
        {
            return;
        }

        Add(hashes, ref count, Hash(Stem(word)));
    }

    private static void Add(Span<uint> hashes, ref int count, uint hash)
    {
        if (count < hashes.Length && !hashes[..count].Contains(hash))
        {
            hashes[count++] = hash;
        }
    }

    // Enough to bring "migrating", "migrated" and "migrates" together; wrong stems only ever meet each other.
    private static ReadOnlySpan<char> Stem(ReadOnlySpan<char> word)
    {
        if (word.Length > 5 && word.EndsWith("ing"))
        {
            word = word[..^3];
        }
        else if (word.Length > 4 && (word.EndsWith("ed") || word.EndsWith("es")))
        {
            word = word[..^2];
        }
        else if (word.Length > 3 && word[^1] == 's' && word[^2] != 's')
        {
            word = word[..^1];
        }

        return word.Length > 3 && word[^1] == 'e' ? word[..^1] : word;
    }

    // FNV-1a: the same on every machine and in every run, unlike string hash codes.
    private static uint Hash(ReadOnlySpan<char> word)
    {
        uint hash = 2_166_136_261;
        foreach (char c in word)
        {
            hash = (hash ^ c) * 16_777_619;
        }

        return hash;
    }
}
