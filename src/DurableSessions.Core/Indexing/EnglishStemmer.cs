using System.Collections.Frozen;

namespace DurableSessions.Core.Indexing;

/// <summary>
/// The stem of an English word, so that "commits" is found by "committed": the English stemmer of Snowball, "Porter2"
/// (snowballstem.org/algorithms/english/stemmer.html). A word with anything but the letters a to z is its own stem.
/// </summary>
internal static class EnglishStemmer
{
    private const string Vowels = "aeiouy";
    private const string BeforeLi = "cdeghkmnrt";

    // What the rules would get wrong.
    private static readonly FrozenDictionary<string, string> s_whole = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["skis"] = "ski",
        ["skies"] = "sky",
        ["dying"] = "die",
        ["lying"] = "lie",
        ["tying"] = "tie",
        ["idly"] = "idl",
        ["gently"] = "gentl",
        ["ugly"] = "ugli",
        ["early"] = "earli",
        ["only"] = "onli",
        ["singly"] = "singl",
        ["sky"] = "sky",
        ["news"] = "news",
        ["howe"] = "howe",
        ["atlas"] = "atlas",
        ["cosmos"] = "cosmos",
        ["bias"] = "bias",
        ["andes"] = "andes",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_doneEarly = FrozenSet.Create(
        StringComparer.Ordinal, "inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed");

    // Longer endings first.
    private static readonly (string Ending, string Stem)[] s_second =
    [
        ("ational", "ate"), ("fulness", "ful"), ("iveness", "ive"), ("ization", "ize"), ("ousness", "ous"), ("biliti", "ble"),
        ("lessli", "less"), ("tional", "tion"), ("alism", "al"), ("aliti", "al"), ("ation", "ate"), ("entli", "ent"),
        ("fulli", "ful"), ("iviti", "ive"), ("ousli", "ous"), ("abli", "able"), ("alli", "al"), ("anci", "ance"), ("ator", "ate"),
        ("enci", "ence"), ("izer", "ize"), ("bli", "ble"), ("ogi", "og"), ("li", ""),
    ];

    private static readonly (string Ending, string Stem)[] s_third =
    [
        ("ational", "ate"), ("tional", "tion"), ("alize", "al"), ("ative", ""), ("icate", "ic"), ("iciti", "ic"), ("ical", "ic"),
        ("ness", ""), ("ful", ""),
    ];

    private static readonly string[] s_fourth =
    [
        "ement", "able", "ance", "ence", "ible", "ment", "ant", "ate", "ent", "ion", "ism", "iti", "ive", "ize", "ous", "al", "er", "ic",
    ];

    /// <summary>The stem of a word in lower case.</summary>
    public static string Stem(string word)
    {
        if (word.Length < 3 || word.AsSpan().ContainsAnyExceptInRange('a', 'z'))
        {
            return word;
        }

        if (s_whole.TryGetValue(word, out string? whole))
        {
            return whole;
        }

        Span<char> letters = stackalloc char[word.Length + 1];
        word.CopyTo(letters);
        MarkConsonants(letters[..word.Length]);
        int first = FirstRegion(letters[..word.Length]);
        int second = RegionAfter(letters[..word.Length], first);

        int length = Plural(letters[..word.Length]);
        if (s_doneEarly.Contains(letters[..length].ToString()))
        {
            return letters[..length].ToString();
        }

        length = Past(letters, length, first);
        if (length > 2 && letters[length - 1] is 'y' or 'Y' && !IsVowel(letters[length - 2]))
        {
            letters[length - 1] = 'i';
        }

        length = Second(letters, length, first);
        length = Third(letters, length, first, second);
        length = Fourth(letters[..length], second);
        length = Fifth(letters[..length], first, second);
        return letters[..length].ToString().ToLowerInvariant();
    }

    // A "y" that begins the word or follows a vowel is no vowel.
    private static void MarkConsonants(Span<char> letters)
    {
        for (int i = 0; i < letters.Length; i++)
        {
            if (letters[i] == 'y' && (i == 0 || IsVowel(letters[i - 1])))
            {
                letters[i] = 'Y';
            }
        }
    }

    private static int FirstRegion(ReadOnlySpan<char> word) =>
        word.StartsWith("gener") || word.StartsWith("arsen") ? 5
        : word.StartsWith("commun") ? 6
        : RegionAfter(word, 0);

    // Behind the first consonant that follows a vowel.
    private static int RegionAfter(ReadOnlySpan<char> word, int start)
    {
        for (int i = start + 1; i < word.Length; i++)
        {
            if (!IsVowel(word[i]) && IsVowel(word[i - 1]))
            {
                return i + 1;
            }
        }

        return word.Length;
    }

    private static int Plural(Span<char> word)
    {
        if (word.EndsWith("sses"))
        {
            return word.Length - 2;
        }

        if (word.EndsWith("ied") || word.EndsWith("ies"))
        {
            return word.Length > 4 ? word.Length - 2 : word.Length - 1;
        }

        return word.EndsWith("us") || word.EndsWith("ss") || word[^1] != 's' || !HasVowel(word[..^2]) ? word.Length : word.Length - 1;
    }

    private static int Past(Span<char> letters, int length, int first)
    {
        ReadOnlySpan<char> word = letters[..length];
        foreach (string ending in (ReadOnlySpan<string>)["eedly", "ingly", "edly", "eed", "ing", "ed"])
        {
            if (!word.EndsWith(ending))
            {
                continue;
            }

            int left = length - ending.Length;
            if (ending.StartsWith("ee", StringComparison.Ordinal))
            {
                return left >= first ? left + 2 : length;
            }

            if (!HasVowel(word[..left]))
            {
                return length;
            }

            word = word[..left];
            if (word.EndsWith("at") || word.EndsWith("bl") || word.EndsWith("iz") || IsShort(word, first))
            {
                letters[left] = 'e';
                return left + 1;
            }

            return left > 1 && word[^1] == word[^2] && "bdfgmnprt".Contains(word[^1]) ? left - 1 : left;
        }

        return length;
    }

    private static int Second(Span<char> letters, int length, int first)
    {
        foreach ((string ending, string stem) in s_second)
        {
            ReadOnlySpan<char> word = letters[..length];
            if (word.EndsWith(ending))
            {
                int left = length - ending.Length;
                bool holds = left >= first && ending switch
                {
                    "ogi" => left > 0 && word[left - 1] == 'l',
                    "li" => left > 0 && BeforeLi.Contains(word[left - 1]),
                    _ => true,
                };
                return holds ? Replace(letters, left, stem) : length;
            }
        }

        return length;
    }

    private static int Third(Span<char> letters, int length, int first, int second)
    {
        foreach ((string ending, string stem) in s_third)
        {
            if (((ReadOnlySpan<char>)letters[..length]).EndsWith(ending))
            {
                int left = length - ending.Length;
                return left >= (ending == "ative" ? second : first) ? Replace(letters, left, stem) : length;
            }
        }

        return length;
    }

    private static int Fourth(ReadOnlySpan<char> word, int second)
    {
        foreach (string ending in s_fourth)
        {
            if (word.EndsWith(ending))
            {
                int left = word.Length - ending.Length;
                bool holds = left >= second && (ending != "ion" || (left > 0 && word[left - 1] is 's' or 't'));
                return holds ? left : word.Length;
            }
        }

        return word.Length;
    }

    private static int Fifth(ReadOnlySpan<char> word, int first, int second)
    {
        int left = word.Length - 1;
        bool goes = word[left] switch
        {
            'e' => left >= second || (left >= first && !EndsInShortSyllable(word[..left])),
            'l' => left >= second && word[left - 1] == 'l',
            _ => false,
        };
        return goes ? left : word.Length;
    }

    private static int Replace(Span<char> letters, int left, string stem)
    {
        stem.CopyTo(letters[left..]);
        return left + stem.Length;
    }

    private static bool IsShort(ReadOnlySpan<char> word, int first) => first >= word.Length && EndsInShortSyllable(word);

    private static bool EndsInShortSyllable(ReadOnlySpan<char> word) => word.Length == 2
        ? IsVowel(word[0]) && !IsVowel(word[1])
        : word.Length > 2 && !IsVowel(word[^3]) && IsVowel(word[^2]) && !IsVowel(word[^1]) && word[^1] is not ('w' or 'x' or 'Y');

    private static bool HasVowel(ReadOnlySpan<char> word) => word.ContainsAny(Vowels);

    private static bool IsVowel(char letter) => Vowels.Contains(letter);
}
