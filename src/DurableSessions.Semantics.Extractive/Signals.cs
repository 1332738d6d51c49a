namespace DurableSessions.Semantics.Extractive;

/// <summary>What the phrases and the form of a sentence say.</summary>
internal readonly struct Signals
{
    private static readonly int CueCount = Enum.GetValues<Cue>().Length;

    private readonly double[] _strongest;
    private readonly double[] _others;

    private Signals(string text)
    {
        _strongest = new double[CueCount];
        _others = new double[CueCount];
        IsQuestion = EndsWithMark(text) || EndsLikeChineseQuestion(text);
        Words = Scripts.CountWords(text);
    }

    /// <summary>Whether it asks.</summary>
    public bool IsQuestion { get; }

    /// <summary>Its length in words; two ideographs count as one.</summary>
    public int Words { get; }

    public double this[Cue cue] => _strongest[(int)cue] + Math.Min(0.6, 0.3 * _others[(int)cue]);

    public bool Has(Cue cue) => _strongest[(int)cue] > 0;

    public static Signals Of(string text)
    {
        var signals = new Signals(text);
        signals.ReadWords(text);
        if (Scripts.HasIdeographs(text))
        {
            foreach ((string phrase, Cue cue, double weight) in Lexicon.IdeographicPhrases)
            {
                if (text.Contains(phrase, StringComparison.Ordinal))
                {
                    signals.Note(cue, weight);
                }
            }
        }

        return signals;
    }

    // Lower-cases the words, one space between them, and looks up every run of up to four.
    private void ReadWords(string text)
    {
        Span<char> line = stackalloc char[Statement.MaxLength * 2];
        Span<int> starts = stackalloc int[line.Length];
        line[0] = '^';
        int length = 1;
        int count = 0;
        bool inside = false;
        bool code = false;
        foreach (char c in text)
        {
            code ^= c == '`';
            if (length + 2 >= line.Length)
            {
                break;
            }

            bool letter = !code && (char.IsLetterOrDigit(c) || (inside && c is '\'' or '’' or '-' or '_'));
            if (letter && !inside)
            {
                if (count > 0)
                {
                    line[length++] = ' ';
                }

                starts[count++] = length;
            }

            if (letter)
            {
                line[length++] = c == '’' ? '\'' : char.ToLowerInvariant(c);
            }

            inside = letter;
        }

        for (int first = 0; first < count; first++)
        {
            // The sentence's first words count twice: anywhere, and at the beginning.
            for (int last = first; last < Math.Min(count, first + Lexicon.MaxWords); last++)
            {
                int end = last + 1 < count ? starts[last + 1] - 1 : length;
                if (last == first && first > 0 && IsNoRule(line[starts[first - 1]..end]))
                {
                    continue;
                }

                Note(Lexicon.Find(line[starts[first]..end]));
                if (first == 0)
                {
                    Note(Lexicon.Find(line[..end]));
                }
            }
        }
    }

    // "You always wanted that" and "it has never failed" only tell.
    private static bool IsNoRule(ReadOnlySpan<char> pair) =>
        (pair.EndsWith(" always") || pair.EndsWith(" never"))
        && pair[..pair.LastIndexOf(' ')] is "you" or "he" or "she" or "it" or "they" or "have" or "has" or "had" or "was" or "were" or "is"
            or "are" or "who" or "would" or "i've" or "i'd" or "she's" or "he's" or "it's" or "they've" or "did" or "that" or "and";

    private void Note(IReadOnlyList<(Cue Cue, double Weight)> cues)
    {
        foreach ((Cue cue, double weight) in cues)
        {
            Note(cue, weight);
        }
    }

    private void Note(Cue cue, double weight)
    {
        int i = (int)cue;
        _others[i] += Math.Min(weight, _strongest[i]);
        _strongest[i] = Math.Max(weight, _strongest[i]);
    }

    private static bool EndsWithMark(string text)
    {
        ReadOnlySpan<char> end = text.AsSpan().TrimEnd("\"'”’)」』） !！");
        return end.Length > 0 && end[^1] is '?' or '？' or '؟';
    }

    private static bool EndsLikeChineseQuestion(string text)
    {
        ReadOnlySpan<char> end = text.AsSpan().TrimEnd("。，！. ");
        return end.EndsWith("吗") || end.EndsWith("呢") || end.EndsWith("怎么办") || end.EndsWith("怎么做")
            || end.EndsWith("为什么") || end.EndsWith("是什么");
    }
}
