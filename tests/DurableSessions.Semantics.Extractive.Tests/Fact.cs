using System.Text.Json;
using System.Text.RegularExpressions;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>Something a reader would look for: there, if one line has a match for each of the patterns.</summary>
internal sealed record Fact(string Kind, string About, IReadOnlyList<Regex> All)
{
    public static Fact Read(JsonElement fact) => new(
        fact.GetProperty("kind").GetString()!,
        fact.GetProperty("about").GetString()!,
        [
            .. fact.GetProperty("all").EnumerateArray()
                .Select(static pattern => new Regex(pattern.GetString()!, RegexOptions.CultureInvariant)),
        ]);

    public bool IsIn(IEnumerable<string> lines) => lines.Any(line => All.All(pattern => pattern.IsMatch(line)));
}
