using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Ids of commits: task, orchestration instance and archive folder in one, 32 characters. One drawn at random carries the time
/// it was drawn, counted backwards, so that a listing by name has the newest first; one that derives from an idempotency key
/// cannot.
/// </summary>
internal static class CommitId
{
    private const int TimeDigits = 13;

    // 13 hexadecimal digits of microseconds are 142 years.
    private static readonly DateTimeOffset End = DateTimeOffset.UnixEpoch.AddYears(140);

    /// <summary>An id that nobody has: <c>c</c>, the time, 72 random bits.</summary>
    public static string New(DateTimeOffset now) => $"c{TimeLeft(now)}{RandomNumberGenerator.GetHexString(18, lowercase: true)}";

    /// <summary>The id of the commit that a key starts in one incarnation of a session: <c>k</c> and a hash.</summary>
    public static string FromKey(IdempotencyKey key, string incarnation) => "k" + key.Hash($"commit {incarnation}")[..31];

    /// <summary>The id of the commit that a session starts by itself after so many commits were decided: <c>a</c> and a hash.</summary>
    public static string Automatic(string incarnation, int decidedCount) =>
        "a" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"automatic {incarnation} {decidedCount}")))[..31];

    /// <summary>Whether a session started the commit by itself: over a threshold, or when it was idle.</summary>
    public static bool IsAutomatic(string commitId) => commitId[0] == 'a';

    /// <summary>Whether a text can be a commit's id.</summary>
    public static bool IsValid(string text) => text.Length == 32 && text[0] is 'c' or 'k' or 'a' && text.Skip(1).All(char.IsAsciiHexDigitLower);

    /// <summary>Whether the id derives from a key or a state, and not from a time.</summary>
    public static bool IsDerived(string commitId) => commitId[0] != 'c';

    /// <summary>Where a commit stands in a listing by name that has the newest first.</summary>
    public static string SortKey(string commitId, DateTimeOffset acceptedAt) =>
        IsDerived(commitId) ? TimeLeft(acceptedAt) : commitId.Substring(1, TimeDigits);

    private static string TimeLeft(DateTimeOffset time) =>
        Math.Max(0, (End - time).Ticks / TimeSpan.TicksPerMicrosecond).ToString($"x{TimeDigits}", CultureInfo.InvariantCulture);
}
