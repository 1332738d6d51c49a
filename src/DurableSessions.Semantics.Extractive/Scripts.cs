namespace DurableSessions.Semantics.Extractive;

/// <summary>What scripts need that are written without spaces.</summary>
internal static class Scripts
{
    /// <summary>Han, kana and the Han beyond the basic plane (as surrogates).</summary>
    public static bool IsIdeographic(char c) =>
        c is (>= '\u3040' and <= '\u30FF') or (>= '\u3400' and <= '\u9FFF') or (>= '\uF900' and <= '\uFAFF');

    public static bool HasIdeographs(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (IsIdeographic(c))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The number of words; two ideographs count as one.</summary>
    public static int CountWords(ReadOnlySpan<char> text)
    {
        int words = 0;
        int ideographs = 0;
        bool inside = false;
        foreach (char c in text)
        {
            bool letter = char.IsLetterOrDigit(c) && !IsIdeographic(c);
            words += letter && !inside ? 1 : 0;
            inside = letter || (inside && c is '\'' or '’' or '_' or '.' or '-' or '/');
            ideographs += IsIdeographic(c) ? 1 : 0;
        }

        return words + ((ideographs + 1) / 2);
    }
}
