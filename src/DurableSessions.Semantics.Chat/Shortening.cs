namespace DurableSessions.Semantics.Chat;

/// <summary>Shortens texts to their beginning and their end. No half of a character remains.</summary>
internal static class Shortening
{
    /// <summary>What stands for what was left out.</summary>
    public const string Mark = " […] ";

    /// <summary>The first <paramref name="head"/> and the last <paramref name="tail"/> characters, where a text is longer.</summary>
    public static string Cut(string text, int head, int tail)
    {
        if (text.Length <= head + tail + Mark.Length)
        {
            return text;
        }

        head -= head > 0 && char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
        tail -= tail > 0 && char.IsLowSurrogate(text[^tail]) ? 1 : 0;
        return string.Concat(text.AsSpan(0, head), Mark, text.AsSpan(text.Length - tail));
    }
}
