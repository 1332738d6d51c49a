using System.Globalization;
using System.Text.RegularExpressions;

namespace DurableSessions.Model.Tests;

/// <summary>The counts of states that <c>README.md</c> states, which the searches are held to.</summary>
internal static partial class Readme
{
    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));

    /// <summary>The states of each small configuration: the cells of the table.</summary>
    public static IReadOnlyDictionary<string, int> Counts { get; } = Cell().Matches(Text)
        .ToDictionary(static m => m.Groups["name"].Value, static m => Number(m.Groups["count"].Value), StringComparer.Ordinal);

    /// <summary>How many millions they are together, to one decimal.</summary>
    public static decimal Millions { get; } =
        decimal.Parse(Total().Match(Text).Groups["count"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    /// <summary>
    /// The states of a large configuration; <see langword="null"/> where none are stated, since there are more than the limit.
    /// </summary>
    public static int? FindLarge(string name) => Stated().Matches(Text).FirstOrDefault(m => m.Groups["name"].Value == name) is { } stated
        ? Number(stated.Groups["count"].Value)
        : null;

    private static int Number(string count) => int.Parse(count, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\| (?<name>[a-z-]+) \| (?<count>[\d,]+) (?=\|)")]
    private static partial Regex Cell();

    [GeneratedRegex(@"(?<count>\d+\.\d) million states, in about")]
    private static partial Regex Total();

    [GeneratedRegex(@"`(?<name>[a-z-]+)`\s\((?<count>[\d,]+)\)")]
    private static partial Regex Stated();
}
