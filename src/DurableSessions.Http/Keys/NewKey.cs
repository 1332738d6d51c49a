using System.Text;
using DurableSessions.Http.Audit;

namespace DurableSessions.Http.Keys;

/// <summary>What a key that is to be made is for.</summary>
/// <param name="Account">The account it belongs to; <see langword="null"/> for an operator's key.</param>
/// <param name="User">The user within the account; <see langword="null"/> for an operator's key.</param>
public sealed record NewKey(string? Account, string? User)
{
    /// <summary>The longest <see cref="Name"/>, in UTF-16 code units.</summary>
    public const int MaxNameLength = 64;

    /// <summary>The most <see cref="LifetimeDays"/>.</summary>
    public const int MaxLifetimeDays = 3_650;

    /// <summary>What it is called in lists and in the log; see <see cref="IsValidName"/>. <see langword="null"/> for none.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// For how many days it is valid, 1 to <see cref="MaxLifetimeDays"/>; <see langword="null"/> until it is revoked.
    /// </summary>
    public int? LifetimeDays { get; init; }

    /// <summary>Whether it opens only what reads.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Whether a name has 1 to <see cref="MaxNameLength"/> characters that are all printed, the first and the last no spaces. Line ends and
    /// characters that change the direction of a text would forge lines of a list or of a log.
    /// </summary>
    public static bool IsValidName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length is > 0 and <= MaxNameLength
            && name[0] != ' '
            && name[^1] != ' '
            && name.EnumerateRunes().All(static rune => rune != Rune.ReplacementChar && AuditText.IsPrinted(rune));
    }
}
