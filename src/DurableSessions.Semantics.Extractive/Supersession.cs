using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// Finds what a sentence overtakes: the same quantity with another number, a problem that is solved, a ticket that is merged, a file
/// that is deleted, a choice that is taken back, an appointment that is moved. It takes what both say for it, so it may err: it asks for
/// words that are rare and that both have.
/// </summary>
internal sealed partial class Supersession
{
    private readonly Statement _newer;
    private readonly Facets _facets;
    private readonly Terms _context;
    private readonly long _begin;
    private readonly bool _changes;
    private readonly bool _ends;
    private readonly bool _moves;
    private readonly bool _swaps;
    private readonly Terms _dropped;
    private readonly Terms _restored;

    /// <param name="newer">The sentence.</param>
    /// <param name="context">The words before it in its message, which say what an "instead" is about.</param>
    /// <param name="begin">The order of the first statement of its message: one message may name two days or two numbers.</param>
    public Supersession(Statement newer, Terms context, long begin)
    {
        _newer = newer;
        _context = context;
        _begin = begin;
        string text = newer.Text;
        _facets = newer.Facets;
        _changes = Changing().IsMatch(text);
        _ends = Ending().IsMatch(text);
        _moves = Moving().IsMatch(text) && _facets.Days.Count > 0;
        _swaps = Swapping().IsMatch(text);
        _dropped = Targets(text, Dropping());
        _restored = Targets(text, Restoring());
    }

    /// <summary>Whether the sentence says anything by which it might overtake another.</summary>
    public bool IsPossible =>
        _facets.IsFixed || _ends || _moves || _swaps || _dropped.Count > 0 || _restored.Count > 0
        || (_changes && _facets.Numbers.Count > 0);

    /// <summary>
    /// What remains of an older statement: its text, with what no longer holds struck; <see langword="null"/>: nothing, it no longer holds.
    /// </summary>
    public string? Remains(Statement older)
    {
        double shared = older.Terms.SharedRarity(_newer.Terms);
        return IsSolved(older, shared) || IsDeleted(older) || IsTakenBack(older) || IsMoved(older, shared) || IsRenumbered(older, shared)
            ? null
            : Struck(older, shared);
    }

    private bool IsSolved(Statement older, double shared)
    {
        if (!_facets.IsFixed)
        {
            return false;
        }

        bool named = older.Facets.Names.Intersect(_facets.Names, StringComparer.OrdinalIgnoreCase).Any();
        if (older.Facets.IsProblem)
        {
            return named || (shared >= 1.4 && shared >= older.Terms.Rarity * 0.25)
                || (_facets.Names.Count == 0 && PassingTest().IsMatch(_newer.Text) && FailingTest().IsMatch(older.Text));
        }

        return named && !older.Facets.IsFixed && Opening().IsMatch(older.Text);
    }

    private bool IsDeleted(Statement older) =>
        _ends && _facets.Names.Count > 0 && !Ending().IsMatch(older.Text)
        && older.Facets.Names is { Count: > 0 } names && names.All(n => _facets.Names.Contains(n, StringComparer.OrdinalIgnoreCase));

    private bool IsTakenBack(Statement older)
    {
        if (older.Kind == StatementKind.Preference || Negation().IsMatch(older.Text))
        {
            // What was taken back may come back: "we return to X" ends "Y instead of X".
            return _restored.Count > 0 && Targets(older.Text, Dropping()).SharedRarity(_restored) >= 0.9;
        }

        return (_dropped.Count > 0 && older.Facets.Adopts && older.Terms.SharedRarity(_dropped) >= 0.9)
            || (_restored.Count > 0 && Targets(older.Text, Dropping()).SharedRarity(_restored) >= 0.9)
            || (_swaps && older.Kind == StatementKind.Decision && older.Facets.Adopts && older.Terms.SharedRarity(_context) >= 0.9
                && older.Terms.SharedRarity(_context) >= older.Terms.Rarity * 0.3);
    }

    private bool IsMoved(Statement older, double shared) =>
        _moves && older.Order < _begin && shared >= 0.9
        && older.Facets.Days.Count > 0 && !older.Facets.Days.All(_facets.Days.Contains);

    // A short statement that is about the same, with another number.
    private bool IsRenumbered(Statement older, double shared)
    {
        double said = older.Terms.Rarity - older.Facets.Numbers.Count;
        return _changes && older.Order < _begin && shared > 0.4 && shared >= said * 0.6
            && older.Facets.Numbers.Count > 0 && _facets.Numbers.Count > 0
            && !older.Facets.Numbers.Any(o => _facets.Numbers.Any(n => n.Number == o.Number));
    }

    // "with 5 attempts" is struck where it says "12 attempts" now; the rest of the statement holds.
    private string? Struck(Statement older, double shared)
    {
        string text = older.Text;
        if (!_changes || older.Facets.Numbers.Count == 0)
        {
            return text;
        }

        foreach (Facets.Quantity now in _facets.Numbers)
        {
            if (now.Unit == 0 || (IsMeasure(now.Unit) && shared < 0.9))
            {
                continue;
            }

            foreach (Facets.Quantity before in older.Facets.Numbers)
            {
                if (before.Unit == now.Unit && before.Number != now.Number && !_facets.Numbers.Any(n => n.Number == before.Number)
                    && text.IndexOf(before.Written, StringComparison.Ordinal) is >= 0 and var at
                    && text.IndexOf($"~~{before.Written}", StringComparison.Ordinal) < 0)
                {
                    text = $"{text[..at]}~~{before.Written}~~{text[(at + before.Written.Length)..]}";
                }
            }
        }

        return text;
    }

    // Anything may last days or cost euros: the same thing has to be meant.
    private static bool IsMeasure(uint unit) => Measures.Contains(unit);

    private static readonly HashSet<uint> Measures =
    [
        .. """
        second minute hour day week month year euro dollar percent time people person meter metre gram kilo byte file page line
        天 个 人 元 块 年 月 日 号 点 次 条 小 分
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(static w => Terms.HashOf(w)),
    ];

    private static Terms Targets(string text, Regex pattern)
    {
        string targets = string.Join(' ', pattern.Matches(text).Take(4).Select(static m => m.Groups["x"].Value));
        return Terms.Of(targets);
    }

    [GeneratedRegex(
        @"\b(?:change[ds]?|now|instead|raised?|lowered|increased?|reduced|make it|made it|set (?:it )?to"
        + @"|new|from now on|since today|final|too (?:short|long|much|many|few))\b"
        + "|改|现在|以后|吧|放宽",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Changing();

    [GeneratedRegex(@"\b(?:deleted?|removed?|dropped|is gone|are gone)\b|删|去掉", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Ending();

    [GeneratedRegex(
        @"\b(?:move[ds]?|postponed?|rescheduled?|put off|cancell?ed|not available|instead|this time)\b|改到|推迟|取消",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Moving();

    [GeneratedRegex(@"\b(?:instead\b(?! of)|changed my mind|after all)|改用", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Swapping();

    [GeneratedRegex(
        @"\b(?:instead of|rather than|replaced|drop(?:ped)?|no|not|scrap(?:ped)?|get rid of|without)"
        + @"(?: the| a| an| our| any| at)? (?<x>[\p{L}\p{N}'-]+(?: [\p{L}\p{N}-]+)?)"
        + @"|(?<x>[\p{L}\p{N}-]+) (?:is|are|was|were|has|had|have)(?: to be| been)? "
        + "(?:gone|over|cancell?ed|dropped|replaced|not available|stopped)\b"
        + @"|(?:不用|不租|放弃|不要)(?<x>[\p{L}\p{N}]{1,8})",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Dropping();

    [GeneratedRegex(
        @"\b(?:back to|return to)(?: the| a| our)? (?<x>[\p{L}\p{N}'-]+(?: [\p{L}\p{N}-]+)?)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Restoring();

    [GeneratedRegex(
        @"\b(?:no|not|instead|rather than|never|don't|dropped?|gone)\b|不",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Negation();

    [GeneratedRegex(
        @"\b(?:open(?:ed|s|ing)?|ticket|aren't|isn't|to do|needs?|waiting|pending|with|left)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Opening();

    [GeneratedRegex(@"\btests?\b.{0,40}\bpass", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex PassingTest();

    [GeneratedRegex(@"\btests?\b.{0,60}\bfail", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex FailingTest();
}
