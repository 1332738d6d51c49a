using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Makes the one line by which a reader tells one archive from another: of what this archive's own messages say, the two statements that
/// tell the most and are understood alone.
/// </summary>
internal static class AbstractWriter
{
    private const int HalfLength = 98;
    private const double LeastOfSecond = 0.5;

    /// <summary>At most <see cref="SemanticDigest.MaxAbstractLength"/> characters.</summary>
    public static string Write(OverviewWriter overview, Digestion digestion)
    {
        List<Statement> own = [.. Enum.GetValues<StatementKind>().SelectMany(k => digestion[k]).Where(static s => !s.IsCarried)];
        if (own.Count == 0)
        {
            // Nothing in the archive is worth telling: it is known by what was known before.
            own = [.. Enum.GetValues<StatementKind>().SelectMany(overview.Chosen)];
        }

        List<Statement> best = [.. own.OrderByDescending(Worth).ThenBy(static s => s.Order)];
        Statement? first = best.FirstOrDefault();
        Statement? second = best.Skip(1).FirstOrDefault(s => Worth(s) >= LeastOfSecond && s.Terms.Containment(first!.Terms) < 0.5);
        string text = (first, second) switch
        {
            ({ }, { }) when first.Order > second.Order => $"{Ended(Said(second))} {Said(first)}",
            ({ }, { }) => $"{Ended(Said(first))} {Said(second)}",
            ({ }, null) => Said(first, SemanticDigest.MaxAbstractLength - Stamp.MaxName - 4),
            _ => Names(digestion),
        };
        return Clip.AtClause(InlineText.Escape(text), SemanticDigest.MaxAbstractLength);
    }

    // Rare words tell archives apart; a question, or what points back to something else, says little in one line.
    private static double Worth(Statement statement)
    {
        bool alone = !BackReference.PointsBack(statement.Text, statement.Terms) && statement.Text[^1] is not ('?' or '？');
        double kind = statement.Kind switch
        {
            StatementKind.Asked => 1.2,
            StatementKind.Decision or StatementKind.Done => 0.8,
            _ => 0,
        };
        return (Math.Min(statement.Terms.Rarity, 6) * 0.5) + (Math.Min(statement.Score, 4) * 0.6) + kind - (alone ? 0 : 3);
    }

    private static string Said(Statement statement, int length = HalfLength)
    {
        string who = statement.Stamp.Who is { } name ? name + ": " : "";
        return who + Clip.AtClause(statement.Text, length - who.Length);
    }

    private static string Ended(string text) => char.IsLetterOrDigit(text[^1]) && !Scripts.IsIdeographic(text[^1]) ? text + "." : text;

    private static string Names(Digestion digestion)
    {
        List<string> names = [.. Enum.GetValues<NameKind>().SelectMany(digestion.Names.Heaviest).Select(static n => n.Name).Take(6)];
        return names.Count == 0 ? "Nothing to tell yet." : "About " + string.Join(", ", names) + ".";
    }
}
