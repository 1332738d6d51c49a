namespace DurableSessions.Core.Messages;

/// <summary>A piece of a text.</summary>
public static class Excerpt
{
    /// <summary>The whole text, or its beginning. No surrogate pair is cut apart.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Its characters at most.</param>
    public static string Beginning(string text, int length)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= length ? text : Around(text, place: 0, before: 0, length);
    }

    /// <summary>The whole text, or a piece of it around a place. No surrogate pair is cut apart.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">What is to be in it.</param>
    /// <param name="before">How many characters before that, where there are so many.</param>
    /// <param name="length">Its characters at most.</param>
    public static string Around(ReadOnlySpan<char> text, int place, int before, int length)
    {
        if (text.Length <= length)
        {
            return text.ToString();
        }

        int start = Math.Clamp(place - before, 0, text.Length - length);
        start += start > 0 && char.IsLowSurrogate(text[start]) ? 1 : 0;
        int end = Math.Min(text.Length, start + length);
        end -= end > start && end < text.Length && char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
        return text[start..end].ToString();
    }
}
