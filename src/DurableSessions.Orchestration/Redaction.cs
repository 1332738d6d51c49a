using System.Text.RegularExpressions;

namespace DurableSessions.Orchestration;

/// <summary>
/// Takes secrets out of a text that tells why something failed: such texts are kept, and read by others than those whose secrets they are.
/// What is known as one: a value behind a name like <c>api_key</c> or <c>Authorization</c>, a bearer's token, and keys by how they begin.
/// </summary>
public static partial class Redaction
{
    private const string Placeholder = "[REDACTED]";

    // Between a name and its value: a sign, and whatever quotes either, also in JSON within JSON. Never given back, so that what is
    // redacted already stays as it is.
    private const string Is = @"(?>\\?[""']?\s*[:=]\s*\\?[""']?)(?!\[REDACTED\])";

    // A header has spaces in its value: all to the end of the line goes, or to the quote.
    private const string Header = @"(?<name>(?<![a-z0-9])(?:authorization|cookie)" + Is + @")[^""'\r\n,}\]]+";

    private const string Setting =
        @"(?<name>(?<![a-z0-9])(?:api[_-]?key|(?:access|refresh)[_-]?token|client[_-]?secret|secret(?:[_-]?access)?(?:[_-]?key)?|(?:account|user)[_-]?key"
        + @"|shared[_-]?access[_-]?signature|sig|password)" + Is + @")[^\s""',;&)}\]]+";

    private const string Bearer = @"(?<name>(?<![a-z0-9])bearer(?:\s|%20)+)[a-z0-9._~+/=-]+";

    // In a word of another kind these letters mean nothing ("task-", "disk-"), unless what follows is as long as keys are.
    private const string Key = @"(?<![a-z0-9])(?:sk-|dsk_|cr_|ghp_|ntn_|xox[baprs]-)[a-z0-9._-]+|(?:sk-|dsk_|ghp_)[a-z0-9._-]{20,}";

    /// <summary>The text with every secret replaced by <c>[REDACTED]</c>; a text that was redacted before stays as it is.</summary>
    public static string Redact(string text) => Secret().Replace(text, $"${{name}}{Placeholder}");

    [GeneratedRegex($"{Header}|{Setting}|{Bearer}|{Key}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Secret();
}
