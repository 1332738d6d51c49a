using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>What is asked about a conversation: answered by a line that has a match for each of the patterns.</summary>
/// <param name="Kind"><c>who</c>, <c>what</c>, <c>time</c> (the answer is a date that was resolved) or <c>stale</c>.</param>
/// <param name="Text">The question.</param>
/// <param name="Answer">The words that must be there.</param>
/// <param name="Evidence">The messages that say so.</param>
internal sealed record MeasuredQuestion(string Kind, string Text, IReadOnlyList<Regex> Answer, IReadOnlyList<string> Evidence)
{
    public static MeasuredQuestion Of(string kind, string text, string answer, string evidence) => new(
        kind, text, [.. answer.Split(" ; ").Select(static a => new Regex(a, RegexOptions.CultureInvariant))], evidence.Split(' '));

    public bool IsIn(IEnumerable<string> lines) => lines.Any(line => Answer.All(a => a.IsMatch(line)));
}
