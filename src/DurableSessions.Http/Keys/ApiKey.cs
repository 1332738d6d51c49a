namespace DurableSessions.Http.Keys;

/// <summary>Whom a key lets in. The key itself is not here: nobody can be told it a second time.</summary>
/// <param name="Id">Names the key, and is its first part: 12 hexadecimal digits.</param>
/// <param name="Hash">SHA-256 of the whole key, in hexadecimal.</param>
/// <param name="Account">The account it belongs to; <see langword="null"/> for an operator's key, which belongs to none.</param>
/// <param name="User">The user within the account; <see langword="null"/> for an operator's key.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ApiKey(string Id, string Hash, string? Account, string? User, DateTimeOffset CreatedAt)
{
    /// <summary>Whether it opens the operator's routes, and no user's.</summary>
    public bool IsOperator => User is null;
}
