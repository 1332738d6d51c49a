using System.Text.RegularExpressions;

namespace DurableSessions.Orchestration;

/// <summary>
/// Takes secrets out of a text that tells why something failed: such texts are kept, and read by others than those whose secrets they are.
/// What is known as one: a value behind a name like <c>api_key</c>, <c>token</c> or <c>Authorization</c>, the credentials of a bearer, of
/// basic authentication and in an address, private keys, and keys by how they begin. Its time grows with the text alone.
/// </summary>
/// <remarks>
/// Linear, though it backtracks: nothing follows a value, so that what a value has taken is never given back, and what is looked at
/// without being taken (white space behind a name, the letters behind <c>://</c> or a comma) ends where the next such look may begin.
/// </remarks>
public static partial class Redaction
{
    private const string Placeholder = "[REDACTED]";

    // What is redacted already stays as it is.
    private const string New = @"(?!\[REDACTED\])";

    // Between a name and its value, also in JSON within JSON. Never given back.
    private const string Is = @"(?>\\?[""']?\s*[:=]\s*)";

    // A value in quotes goes to the quote that ends it. In JSON within JSON its quotes have one backslash, and those in it have three.
    private const string Quoted =
        @"(?<open>\\"")" + New + @"(?:[^""\\\r\n]|\\\\\\""|\\)+"
        + @"|(?<open>"")" + New + @"(?:[^""\\\r\n]|\\.)+"
        + @"|(?<open>')" + New + @"(?:[^'\\\r\n]|\\.)+";

    private const string Bare = @"(?!\\?[""'])" + New;

    // A header has spaces in its value: all to the end of the line goes, or to a quote or a comma that is no part of a parameter.
    private const string Header =
        @"(?<name>(?<![a-z0-9])(?:authorization|cookie)" + Is + ")(?:" + Quoted + "|" + Bare
        + @"(?:=\\?(?:""[^""\r\n]*""?|'[^'\r\n]*'?)|,\s*(?=[a-z0-9_*-]+=)|[^""'\r\n,])+)";

    private const string Value =
        "(?:" + Quoted + "|" + Bare + @"(?:-----begin[^-]*-----[^-]+|(?:(?:bearer|basic)(?:\s|%20)+)?[^\s""',;&)}\]]+))";

    private const string Setting =
        @"(?<name>(?:(?<![a-z0-9])(?:api[_-]?key|(?:access|refresh|id|auth|session)[_-]?token|client[_-]?secret|secret(?:[_-]?access)?(?:[_-]?key)?"
        + @"|(?:account|user|access|shared[_-]?access|private)[_-]?key|shared[_-]?access[_-]?signature|sig|pwd)|passw(?:or)?d)" + Is + ")" + Value;

    // In prose a colon stands behind "token", and a word or a number: there only what is as long as keys are is a secret.
    private const string Token =
        @"(?<name>token(?>\\?[""']?\s*=\s*))" + Value
        + @"|(?<name>token(?>\\?[""']\s*:\s*))(?:" + Quoted + ")"
        + @"|(?<name>token(?>\s*:\s*))(?=[a-z._~+/-]*[0-9])[a-z0-9._~+/=-]{16,}";

    private const string Bearer = @"(?<name>(?<![a-z0-9])bearer(?:\s|%20)+)[a-z0-9._~+/=-]+";

    // Not the words behind "basic": Base64 has digits, padding, or capitals in the middle of whole groups of four.
    private const string Basic =
        @"(?<name>(?<![a-z0-9])basic(?:\s|%20)+)(?:[a-z0-9+/_-]{2,}={1,2}(?![a-z0-9=])|(?=[a-z+/_-]*[0-9])[a-z0-9+/_-]{8,}"
        + @"|(?=(?-i:[A-Z]*[a-z]))(?=(?-i:[A-Za-z][a-z]*[A-Z]))(?:[a-z0-9+/]{4})+(?![a-z0-9+/]))";

    private const string UserInfo = @"(?<name>://)(?!\[REDACTED\]@)[^\s/?#""'<>]+(?=@)";

    private const string PrivateKey = @"-----begin[a-z ]*private key-----[^-]+";

    // In a word of another kind these letters mean nothing ("task-", "disk-"), unless what follows is as long as keys are.
    private const string Key = @"(?<![a-z0-9])(?:sk-|dsk_|cr_|ghp_|ntn_|xox[baprs]-)[a-z0-9._-]+|(?:sk-|dsk_|ghp_)[a-z0-9._-]{20,}";

    /// <summary>The text with every secret replaced by <c>[REDACTED]</c>; a text that was redacted before stays as it is.</summary>
    public static string Redact(string text) => Secret().Replace(text, $"${{name}}${{open}}{Placeholder}");

    [GeneratedRegex(
        $"{Header}|{Setting}|{Token}|{Bearer}|{Basic}|{UserInfo}|{PrivateKey}|{Key}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Secret();
}
