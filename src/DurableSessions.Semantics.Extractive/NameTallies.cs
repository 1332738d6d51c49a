namespace DurableSessions.Semantics.Extractive;

/// <summary>The names of a conversation, weighed by kind.</summary>
internal sealed class NameTallies
{
    private const double SureOfName = 0.45;

    private readonly NameTally[] _tallies = [.. Enum.GetValues<NameKind>().Select(static _ => new NameTally())];

    public void Add(NameKind kind, string name, double weight)
    {
        string clean = InlineText.Clean(name).Replace("`", "", StringComparison.Ordinal).Trim();
        if (clean.Length is > 1 and <= NameFinder.MaxLength)
        {
            _tallies[(int)kind].Add(clean, weight);
        }
    }

    public List<(string Name, double Weight)> Heaviest(NameKind kind) =>
        _tallies[(int)kind].Heaviest(kind == NameKind.Name ? SureOfName : 0);
}
