namespace DurableSessions.Semantics.Extractive;

/// <summary>The headings and labels of an overview, as they are written and read back.</summary>
internal static class OverviewFormat
{
    public const string NamesTitle = "Names and files";

    public const string Separator = " · ";

    /// <summary>The whole overview of a conversation without a statement or name worth keeping.</summary>
    public const string Empty = "_Nothing to tell yet._";

    /// <summary>
    /// The sections of a conversation about work, and how many characters each may fill before the others have had their turn.
    /// </summary>
    public static IReadOnlyList<(StatementKind Kind, string Title, int Share)> Sections { get; } =
    [
        (StatementKind.Asked, "Asked", 500),
        (StatementKind.Preference, "Preferences", 600),
        (StatementKind.Decision, "Decided", 820),
        (StatementKind.Done, "Done and found", 480),
        (StatementKind.Fact, "Facts", 280),
        (StatementKind.Open, "Open", 600),
    ];

    /// <summary>The same of a chat between people, in which nothing is worked on: facts of people matter most there.</summary>
    public static IReadOnlyList<(StatementKind Kind, string Title, int Share)> ChatSections { get; } =
    [
        (StatementKind.Asked, "Asked", 60),
        (StatementKind.Preference, "Likes and rules", 135),
        (StatementKind.Decision, "Plans", 135),
        (StatementKind.Done, "Happened", 450),
        (StatementKind.Fact, "Told", 900),
        (StatementKind.Open, "Ahead", 135),
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
        foreach ((StatementKind kind, string ours, _) in Sections.Concat(ChatSections))
        {
            if (ours == title)
            {
                return kind;
            }
        }

        return null;
    }

    /// <summary>Whether a title says that an overview is one of a chat, or that it is none; <see langword="null"/>: both have it.</summary>
    public static bool? IsOfChat(string title)
    {
        bool chat = ChatSections.Any(s => s.Title == title);
        return chat == Sections.Any(s => s.Title == title) ? null : chat;
    }
}
