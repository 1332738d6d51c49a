using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Sentences that mean nothing without the one before them: "Do that.", "Leave it open for now."</summary>
internal static partial class BackReference
{
    private const int MaxTerms = 4;

    public static bool PointsBack(string text, Terms terms) =>
        terms.Count <= MaxTerms && (Pronoun().IsMatch(text) || (Scripts.HasIdeographs(text) && HanPronoun().IsMatch(text)));

    /// <summary>Whether a sentence proposes what the other side may simply accept.</summary>
    public static bool Proposes(string text) => Proposal().IsMatch(text);

    /// <summary>Whether a short message accepts what was proposed.</summary>
    public static bool Accepts(string text) => text.Length <= 80 && Acceptance().IsMatch(text);

    [GeneratedRegex(
        @"\b(?:that|it|its|this|them|they|their|these|those|there|he|she|the (?:first|second|third|last|same|other|latter|former)"
        + @"|option [0-9a-c]|both|in this case|in that case)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Pronoun();

    [GeneratedRegex("这样|那样|这个|那个|它|那就|^(?:改了|加了|好了|可以)", RegexOptions.CultureInvariant)]
    private static partial Regex HanPronoun();

    [GeneratedRegex(
        @"\b(?:I'd|I would|I suggest|I propose|I recommend|better|then I'll|let me|we could|you could)\b|建议|可以用|推荐",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Proposal();

    [GeneratedRegex(
        @"^(?:yes|yep|ok(?:ay)?|agreed|right|good|fine|perfect|exactly|sounds good|great|sure|do (?:it|that|so)|go ahead|let's do|👍|👌"
        + @"|cool|nice|well|(?:that|it)(?:'s| is) fine|works for me|好|可以|行|对|同意|没问题)(?![a-z])",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Acceptance();
}
