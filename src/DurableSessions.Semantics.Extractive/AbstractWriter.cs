using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Makes the one line by which a reader tells one session's digest from another's.</summary>
internal static class AbstractWriter
{
    private const int HalfLength = 96;

    /// <summary>What it is about, and what came last: at most <see cref="SemanticDigest.MaxAbstractLength"/> characters.</summary>
    public static string Write(OverviewWriter overview, Digestion digestion)
    {
        Statement? about = overview.Chosen(StatementKind.Asked).MinBy(static s => s.Order)
            ?? overview.Chosen(StatementKind.Fact).FirstOrDefault() ?? overview.Chosen(StatementKind.Open).FirstOrDefault();
        Statement? latest = overview.Chosen(StatementKind.Decision).Concat(overview.Chosen(StatementKind.Done))
            .Where(s => s != about).OrderByDescending(s => s.Score + (3.0 * (s.Order + 1) / (digestion.Order + 1))).FirstOrDefault();
        string text = (about, latest) switch
        {
            ({ }, { }) => $"{Ended(Clip.AtClause(about.Text, HalfLength))} Latest: {Clip.AtClause(latest.Text, HalfLength - 4)}",
            ({ }, null) => about.Text,
            (null, { }) => latest.Text,
            _ => Names(digestion),
        };
        return Clip.AtClause(InlineText.Escape(text), SemanticDigest.MaxAbstractLength);
    }

    private static string Ended(string text) => char.IsLetterOrDigit(text[^1]) && !Scripts.IsIdeographic(text[^1]) ? text + "." : text;

    private static string Names(Digestion digestion)
    {
        List<string> names = [.. Enum.GetValues<NameKind>().SelectMany(digestion.Names.Heaviest).Select(static n => n.Name).Take(6)];
        return names.Count == 0 ? "Nothing to tell yet." : "About " + string.Join(", ", names) + ".";
    }
}
