using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace DurableSessions.Core.Identities;

/// <summary>
/// Names a commit: its task, its orchestration instance and its folder in the archives in one, 32 characters. One drawn at random carries
/// the time it was drawn, counted backwards, so that a listing by name has the newest first; one that derives from an idempotency key
/// cannot.
/// </summary>
/// <param name="Value">Its text. What a client sends is checked by <see cref="TryParse"/>; what storage holds is taken as it is.</param>
[JsonConverter(typeof(CommitIdConverter))]
public readonly record struct CommitId(string Value)
{
    private const int TimeDigits = 13;

    // 13 hexadecimal digits of microseconds are 142 years.
    private static readonly DateTimeOffset s_end = DateTimeOffset.UnixEpoch.AddYears(140);

    /// <summary>Whether a session started the commit by itself: over a threshold, or when it was idle.</summary>
    public bool IsAutomatic => Value[0] == 'a';

    /// <summary>Whether the id derives from a key or a state, and not from a time.</summary>
    public bool IsDerived => Value[0] != 'c';

    /// <summary>A fresh id: <c>c</c>, the time, 72 random bits.</summary>
    /// <param name="now">The time.</param>
    public static CommitId New(DateTimeOffset now) => new($"c{TimeLeft(now)}{RandomNumberGenerator.GetHexString(18, lowercase: true)}");

    /// <summary>The id of the commit that a key starts in one incarnation of a session: <c>k</c> and a hash.</summary>
    /// <param name="key">The idempotency key.</param>
    /// <param name="incarnation">The session's incarnation.</param>
    public static CommitId FromKey(IdempotencyKey key, string incarnation)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new("k" + key.Hash($"commit {incarnation}")[..31]);
    }

    /// <summary>The id of the commit that a session starts by itself after so many commits were decided: <c>a</c> and a hash.</summary>
    /// <param name="incarnation">The session's incarnation.</param>
    /// <param name="decidedCount">How many commits were decided.</param>
    public static CommitId Automatic(string incarnation, int decidedCount) =>
        new("a" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"automatic {incarnation} {decidedCount}")))[..31]);

    /// <summary>Takes a text that can be a commit's id: <c>c</c>, <c>k</c> or <c>a</c>, and 31 digits of lower-case hexadecimal.</summary>
    /// <param name="text">The text.</param>
    /// <param name="id">The id.</param>
    public static bool TryParse(string? text, out CommitId id)
    {
        bool isValid = text is { Length: 32 } && text[0] is 'c' or 'k' or 'a' && text.Skip(1).All(char.IsAsciiHexDigitLower);
        id = isValid ? new CommitId(text!) : default;
        return isValid;
    }

    /// <summary>Where the commit stands in a listing by name that has the newest first.</summary>
    /// <param name="acceptedAt">When it was accepted.</param>
    public string SortKey(DateTimeOffset acceptedAt) => IsDerived ? TimeLeft(acceptedAt) : Value.Substring(1, TimeDigits);

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string TimeLeft(DateTimeOffset time) =>
        Math.Max(0, (s_end - time).Ticks / TimeSpan.TicksPerMicrosecond).ToString($"x{TimeDigits}", CultureInfo.InvariantCulture);
}
