using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Memories;

/// <summary>Puts texts of memories together, line by line. Deterministic: each host gets the same text from the same input.</summary>
internal static class MemoryText
{
    /// <summary>What is there, and behind it those lines of <paramref name="added"/> that are not there yet.</summary>
    public static string Union(string current, string added)
    {
        HashSet<string> there = [.. Lines(current).Select(Key)];
        string[] missing = [.. Lines(added).Where(l => Key(l).Length > 0 && there.Add(Key(l)))];
        return missing.Length == 0 ? current : Join([.. Lines(current), .. missing]);
    }

    /// <summary>
    /// What is there, changed as <paramref name="wanted"/> differs from <paramref name="seen"/>: what others added meanwhile stays,
    /// what they removed stays removed.
    /// </summary>
    public static string Rebase(string current, string? seen, string wanted)
    {
        if (seen == current)
        {
            return wanted;
        }

        HashSet<string> wantedLines = [.. Lines(wanted).Select(Key)];
        HashSet<string> seenLines = [.. Lines(seen ?? "").Select(Key)];
        HashSet<string> removed = [.. seenLines.Except(wantedLines)];
        string left = Join([.. Lines(current).Where(l => Key(l).Length == 0 || !removed.Contains(Key(l)))]);
        string changed = Union(left, Join([.. Lines(wanted).Where(l => !seenLines.Contains(Key(l)))]));
        return changed.Trim() == current.Trim() ? current : changed;
    }

    /// <summary>As it comes back from storage: line feeds alone, and no half of a character.</summary>
    public static string Clean(string content) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(content.ReplaceLineEndings("\n")));

    /// <summary>The first line that says something, without its Markdown marks.</summary>
    public static string Abstract(string content)
    {
        string line = Lines(content)
            .Select(static l => l.TrimStart('#', '-', '*', '>', ' ', '\t').TrimEnd())
            .FirstOrDefault(static l => l.Length > 0) ?? "";
        return Excerpt.Beginning(line, MemoryLimits.MaxAbstractLength);
    }

    private static string[] Lines(string text) => text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private static string Key(string line) => line.Trim();

    private static string Join(IReadOnlyList<string> lines) => string.Join('\n', lines).Trim('\n') + "\n";
}
