namespace DurableSessions.Semantics.Extractive;

/// <summary>The headings and labels of an overview, as they are written and read back.</summary>
internal static class OverviewFormat
{
    public const string NamesTitle = "Names and files";

    public const string Separator = " · ";

    /// <summary>The whole overview of a conversation without a statement or name worth keeping.</summary>
    public const string Empty = "_Nothing to tell yet._";

    /// <summary>The sections, and how many characters each may fill before the others have had their turn.</summary>
    public static IReadOnlyList<(StatementKind Kind, string Title, int Share)> Sections { get; } =
    [
        (StatementKind.Asked, "Asked", 500),
        (StatementKind.Preference, "Preferences", 600),
        (StatementKind.Decision, "Decided", 820),
        (StatementKind.Done, "Done and found", 480),
        (StatementKind.Fact, "Facts", 280),
        (StatementKind.Open, "Open", 600),
    ];

    /// <summary>The labels of names, and how many characters each line may have.</summary>
    public static IReadOnlyList<(NameKind Kind, string Label, int Share)> Names { get; } =
    [
        (NameKind.Name, "Names", 200),
        (NameKind.File, "Files", 330),
        (NameKind.Identifier, "Identifiers", 150),
        (NameKind.Reference, "References", 140),
        (NameKind.Date, "Dates", 90),
        (NameKind.Figure, "Figures", 75),
    ];

    /// <summary>The section with this title; <see langword="null"/> for the names' section and for any other title.</summary>
    public static StatementKind? FindSection(string title)
    {
        foreach ((StatementKind kind, string ours, _) in Sections)
        {
            if (ours == title)
            {
                return kind;
            }
        }

        return null;
    }
}
