using System.Text.Json.Serialization;

namespace DurableSessions.Http.Keys;

/// <summary>An API key as it is stored: its hash, never the key itself.</summary>
/// <remarks>
/// Properties that are not set are not written, so that a key without them is stored as versions before them did. Those versions read a
/// key without its expiry and its scope: make such a key once every host and every command runs a version that knows them.
/// </remarks>
/// <param name="Id">The id of the key, which is its first part: 12 hexadecimal digits.</param>
/// <param name="Hash">SHA-256 of the whole key, in hexadecimal.</param>
/// <param name="Account">The account it belongs to; <see langword="null"/> for an operator's key.</param>
/// <param name="User">The user within the account; <see langword="null"/> for an operator's key.</param>
/// <param name="CreatedAt">When it was created.</param>
public sealed record ApiKey(string Id, string Hash, string? Account, string? User, DateTimeOffset CreatedAt)
{
    /// <summary>What it is for, as its maker called it: see <see cref="NewKey.Name"/>; <see langword="null"/> for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    /// <summary>From then on it is refused; <see langword="null"/> where it is valid until it is revoked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>
    /// The days for which it was made; <see langword="null"/> without an expiry. A key that takes its place is made for as many.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? LifetimeDays { get; init; }

    /// <summary>Whether it opens only what reads.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// The id of the key that takes its place; <see langword="null"/> where it was not rotated. That key may be revoked since.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RotatedTo { get; init; }

    /// <summary>Whether it gives access to the operator's routes, and to no user's sessions.</summary>
    public bool IsOperator => User is null;

    /// <summary>Whether it has expired.</summary>
    /// <param name="now">The time of the host that asks.</param>
    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;
}
