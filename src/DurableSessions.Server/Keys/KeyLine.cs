using System.Globalization;
using DurableSessions.Http.Keys;

namespace DurableSessions.Server.Keys;

/// <summary>How a key is written for an operator, without its secret.</summary>
internal static class KeyLine
{
    /// <summary>Its line in the list.</summary>
    /// <param name="key">The key.</param>
    /// <param name="used">The day of its last use; <see langword="null"/> for none.</param>
    /// <param name="now">The time.</param>
    public static string Of(ApiKey key, DateOnly? used, DateTimeOffset now) =>
        $"{key.Id}  {Time(key.CreatedAt)}  used {used?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "never"}  "
        + $"{Owner(key)}{Expiry(key, now)}"
        + (key.RotatedTo is { } next ? $", rotated to {next}" : "")
        + $"{(key.Name is { } name ? $", named {name}" : "")}";

    /// <summary>Whom it belongs to, and what it opens.</summary>
    public static string Owner(ApiKey key) =>
        (key.IsOperator ? "an operator" : $"user {key.User} of account {key.Account}") + (key.IsReadOnly ? ", read-only" : "");

    /// <summary>A time, in UTC, to the minute.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static string Expiry(ApiKey key, DateTimeOffset now) =>
        key.ExpiresAt is { } end ? $", {(key.IsExpired(now) ? "expired" : "expires")} {Time(end)}" : "";
}
