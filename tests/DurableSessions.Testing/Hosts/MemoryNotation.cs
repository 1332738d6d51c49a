using DurableSessions.Core.Memories;
using DurableSessions.Core.State;

namespace DurableSessions.Testing;

/// <summary>
/// The changes of memories that a message of a test asks for: <c>+preferences/tea=green</c> merges, <c>!preferences/tea=black</c> updates,
/// <c>-preferences/tea</c> deletes. Other texts ask for none.
/// </summary>
internal static class MemoryNotation
{
    public static MemoryChange? Parse(string? text)
    {
        if (text is not { Length: >= 2 }
            || text[0] is not ('+' or '!' or '-')
            || text.IndexOf('/', StringComparison.Ordinal) is not (> 0 and var slash))
        {
            return null;
        }

        string[] rest = text[(slash + 1)..].Split('=', 2);
        return new MemoryChange
        {
            Operation = text[0] switch { '+' => MemoryOperation.Merge, '!' => MemoryOperation.Update, _ => MemoryOperation.Delete },
            Category = Enum.Parse<MemoryCategory>(text[1..slash], ignoreCase: true),
            Name = rest[0],
            Content = rest.Length > 1 ? rest[1] : "",
        };
    }
}
