using System.Security.Cryptography;
using System.Text;
using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Memories;

/// <summary>Names of memories within their category: ids, as <see cref="SessionKey.IsValidId"/> takes them.</summary>
public static class MemoryName
{
    private const int MaxMadeLength = 64;

    /// <summary>Whether a text is a memory's name.</summary>
    public static bool IsValid(string? name) => SessionKey.IsValidId(name);

    /// <summary>
    /// The name that a title stands for: itself where it is one, otherwise made of its letters and digits; the same title always
    /// makes the same name, and an empty one none. A title in other than Latin letters is named by its hash.
    /// </summary>
    public static string From(string title)
    {
        if (IsValid(title))
        {
            return title;
        }

        if (string.IsNullOrWhiteSpace(title))
        {
            return "";
        }

        var name = new StringBuilder();
        foreach (char c in title.Trim().ToLowerInvariant())
        {
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.')
            {
                name.Append(c);
            }
            else if (name.Length > 0 && name[^1] != '-')
            {
                name.Append('-');
            }
        }

        bool isPlain = title.All(char.IsAscii) && name.ToString().Trim('-', '.').Length > 0;
        string made = name.ToString(0, Math.Min(name.Length, MaxMadeLength)).Trim('-', '.');
        return isPlain && title.Length <= MaxMadeLength ? made : $"{made}-{Hash(title)}".TrimStart('-');
    }

    private static string Hash(string title) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(title)))[..12];
}
