using System.Text.RegularExpressions;

namespace DurableSessions.Core.Errors;

/// <summary>
/// The fixed texts of failed steps, as they are found in histories. Nothing else of an exception is shown: it may have a model's words, a
/// message or a credential.
/// </summary>
internal static partial class FailureText
{
    /// <summary>The last text of a failed step in a message; <see langword="null"/> where there is none.</summary>
    public static string? Find(string message) => Known().Match(message) is { Success: true } known ? known.Value : null;

    /// <summary>
    /// The cause in that text, with the id under which the log has the details: <c>the model refused: HTTP status 401 (ERR-…)</c>.
    /// </summary>
    public static string? FindCause(string message) => Known().Match(message) is { Success: true } known
        ? $"{known.Groups["cause"].Value} ({known.Groups["id"].Value})"
        : null;

    [GeneratedRegex(
        "The step [a-z-]{1,40} failed: (?<cause>(?:the model refused|the model did not answer|storage refused)(?:: HTTP status [0-9]{1,3})?"
        + "|the model gave no answer that can be used|the digest took longer than [0-9.]{1,12} s"
        + "|a part of the session is missing in storage|other requests changed the session too often"
        + "|storage did not answer|the digest failed|the server failed)"
        + @"\. The log has it under (?<id>ERR-[0-9a-f]{16})\.",
        RegexOptions.CultureInvariant | RegexOptions.RightToLeft)]
    private static partial Regex Known();
}
