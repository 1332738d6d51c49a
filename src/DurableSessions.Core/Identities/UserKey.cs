namespace DurableSessions.Core.Identities;

/// <summary>Names one user of an account: the owner of sessions, memories and tasks. Another owner's are not found.</summary>
/// <param name="Account">The account, an id as <see cref="SessionKey.IsValidId"/> takes it.</param>
/// <param name="User">The user within the account, the same.</param>
public sealed record UserKey(string Account, string User)
{
    /// <summary>A session of this user.</summary>
    /// <param name="id">The session's id.</param>
    public SessionKey Session(string id) => new(Account, User, id);

    /// <inheritdoc/>
    public override string ToString() => $"{Account}/{User}";
}
