using System.Text;

namespace DurableSessions.Semantics.Chat;

/// <summary>The words of the owner's messages in one window.</summary>
internal sealed class OwnersWords
{
    private readonly HashSet<string> _words = new(StringComparer.OrdinalIgnoreCase);

    public OwnersWords(IEnumerable<PromptMessage> messages) =>
        _words.UnionWith(messages.SelectMany(static m => m.Parts).SelectMany(static p => Split(p.Text ?? "")));

    /// <summary>Whether each word of a memory's name is among them.</summary>
    public bool Contain(string name) => Split(name).All(_words.Contains);

    private static IEnumerable<string> Split(string text)
    {
        var word = new StringBuilder();
        foreach (char c in text)
        {
            if (char.IsLetterOrDigit(c))
            {
                word.Append(c);
            }
            else if (word.Length > 0)
            {
                yield return word.ToString();
                word.Clear();
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }
}
