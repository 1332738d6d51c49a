namespace DurableSessions.Ui.Shared;

/// <summary>An entry of the navigation.</summary>
/// <param name="Label">As it is read.</param>
/// <param name="Path">From <c>/ui</c> on.</param>
/// <param name="IsOperators">Whether it is an operator's; else it is a user's. In dev mode both are shown.</param>
public sealed record Section(string Label, string Path, bool IsOperators)
{
    /// <summary>A user's sessions.</summary>
    public static Section Sessions { get; } = new("Sessions", "/sessions", IsOperators: false);

    /// <summary>A user's memories.</summary>
    public static Section Memories { get; } = new("Memories", "/memories", IsOperators: false);

    /// <summary>Commits of all users.</summary>
    public static Section Commits { get; } = new("Commits", "/commits", IsOperators: true);

    /// <summary>The hosts, their rates and limits, and the check of storage.</summary>
    public static Section Host { get; } = new("Host and storage", "/host", IsOperators: true);

    /// <summary>All, in the order of the navigation.</summary>
    public static IReadOnlyList<Section> All { get; } = [Sessions, Memories, Commits, Host];

    /// <summary>Whether a viewer has it.</summary>
    public bool IsFor(Viewer viewer)
    {
        ArgumentNullException.ThrowIfNull(viewer);
        return viewer.IsDev || (IsOperators ? viewer.IsOperator : viewer.User is not null);
    }
}
