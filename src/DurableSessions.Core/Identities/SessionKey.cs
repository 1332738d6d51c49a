using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace DurableSessions.Core.Identities;

/// <summary>Names one session: whose it is, and its id. Two users may have sessions of the same id.</summary>
/// <param name="Account">The account, an id as <see cref="IsValidId"/> takes it.</param>
/// <param name="User">The user within the account.</param>
/// <param name="Id">The session within the user. In storage and in histories it has the name <c>session</c>.</param>
public sealed partial record SessionKey(string Account, string User, [property: JsonPropertyName("session")] string Id)
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxIdLength = 128;

    /// <summary>
    /// Whether a text may be an id: 1 to 128 characters of <c>A-Z a-z 0-9 _ . @ -</c>, at most one <c>@</c>, neither <c>.</c> nor
    /// <c>..</c>.
    /// </summary>
    public static bool IsValidId(string? id) =>
        id is not null and not "." and not ".." && IdPattern().IsMatch(id) && id.AsSpan().Count('@') <= 1;

    /// <summary>Whose session it is.</summary>
    [JsonIgnore]
    public UserKey Owner => new(Account, User);

    /// <inheritdoc/>
    public override string ToString() => $"{Account}/{User}/{Id}";

    [GeneratedRegex("^[A-Za-z0-9_.@-]{1,128}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();
}
