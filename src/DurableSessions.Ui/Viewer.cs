using DurableSessions.Core.Identities;

namespace DurableSessions.Ui;

/// <summary>For whom a page is.</summary>
/// <param name="IsDev">Whether the host has no keys: it shows all, and the query says whose.</param>
/// <param name="User">The user whose data it shows; <see langword="null"/>: none.</param>
/// <param name="IsOperator">Whether it is an operator, who sees no content of sessions.</param>
/// <param name="IsReadOnly">Whether the key may change nothing.</param>
/// <param name="KeyName">The name of the key, where it has one.</param>
public sealed record Viewer(bool IsDev, UserKey? User, bool IsOperator, bool IsReadOnly, string? KeyName)
{
    /// <summary>Whether a key was accepted.</summary>
    public bool IsSignedIn => !IsDev && (User is not null || IsOperator);
}
