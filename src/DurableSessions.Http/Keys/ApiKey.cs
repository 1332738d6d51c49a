namespace DurableSessions.Http.Keys;

/// <summary>An API key as it is stored: its hash, never the key itself.</summary>
/// <param name="Id">The id of the key, which is its first part: 12 hexadecimal digits.</param>
/// <param name="Hash">SHA-256 of the whole key, in hexadecimal.</param>
/// <param name="Account">The account it belongs to; <see langword="null"/> for an operator's key.</param>
/// <param name="User">The user within the account; <see langword="null"/> for an operator's key.</param>
/// <param name="CreatedAt">When it was created.</param>
public sealed record ApiKey(string Id, string Hash, string? Account, string? User, DateTimeOffset CreatedAt)
{
    /// <summary>Whether it gives access to the operator's routes, and to no user's sessions.</summary>
    public bool IsOperator => User is null;
}
