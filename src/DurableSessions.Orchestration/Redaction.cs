using System.Text.RegularExpressions;

namespace DurableSessions.Orchestration;

/// <summary>
/// Removes secrets from error messages, which are stored and shown to other users than the owners of the secrets. It recognises a value
/// after a name like <c>api_key</c>, <c>token</c> or <c>Authorization</c>, the credentials of bearer and basic authentication and of a URL,
/// private keys, and keys by their prefixes. Its time is linear in the length of the text.
/// </summary>
/// <remarks>
/// Linear, although it backtracks: in no pattern does anything follow a value, so that the characters of a value are never given back, and
/// each lookahead (white space after a name, the letters after <c>://</c> or a comma) ends where the next one may begin.
/// </remarks>
public static partial class Redaction
{
    private const string Placeholder = "[REDACTED]";

    // A text that is redacted already stays unchanged.
    private const string New = @"(?!\[REDACTED\])";

    // Between a name and its value, also in JSON within JSON; without backtracking.
    private const string Is = @"(?>\\?[""']?\s*[:=]\s*)";

    // A quoted value ends at its closing quote. In JSON within JSON its quotes have one backslash, and those in it have three.
    private const string Quoted =
        @"(?<open>\\"")" + New + @"(?:[^""\\\r\n]|\\\\\\""|\\)+"
        + @"|(?<open>"")" + New + @"(?:[^""\\\r\n]|\\.)+"
        + @"|(?<open>')" + New + @"(?:[^'\\\r\n]|\\.)+";

    private const string Bare = @"(?!\\?[""'])" + New;

    // The value of a header may contain spaces: it ends at the line end, or at a quote or comma that is not part of a parameter.
    private const string Header =
        @"(?<name>(?<![a-z0-9])(?:authorization|cookie)" + Is + ")(?:" + Quoted + "|" + Bare
        + @"(?:=\\?(?:""[^""\r\n]*""?|'[^'\r\n]*'?)|,\s*(?=[a-z0-9_*-]+=)|[^""'\r\n,])+)";

    private const string Value =
        "(?:" + Quoted + "|" + Bare + @"(?:-----begin[^-]*-----[^-]+|(?:(?:bearer|basic)(?:\s|%20)+)?[^\s""',;&)}\]]+))";

    private const string Setting =
        @"(?<name>(?:(?<![a-z0-9])(?:api[_-]?key|(?:access|refresh|id|auth|session)[_-]?token|client[_-]?secret"
        + @"|secret(?:[_-]?access)?(?:[_-]?key)?"
        + @"|(?:account|user|access|shared[_-]?access|private)[_-]?key|shared[_-]?access[_-]?signature|sig|pwd)|passw(?:or)?d)"
        + Is + ")" + Value;

    // In prose, a word or a number may follow "token:"; there only a value as long as a key is a secret.
    private const string Token =
        @"(?<name>token(?>\\?[""']?\s*=\s*))" + Value
        + @"|(?<name>token(?>\\?[""']\s*:\s*))(?:" + Quoted + ")"
        + @"|(?<name>token(?>\s*:\s*))(?=[a-z._~+/-]*[0-9])[a-z0-9._~+/=-]{16,}";

    private const string Bearer = @"(?<name>(?<![a-z0-9])bearer(?:\s|%20)+)[a-z0-9._~+/=-]+";

    // Not a word after "basic": Base64 has digits, padding, or capitals within whole groups of four.
    private const string Basic =
        @"(?<name>(?<![a-z0-9])basic(?:\s|%20)+)(?:[a-z0-9+/_-]{2,}={1,2}(?![a-z0-9=])|(?=[a-z+/_-]*[0-9])[a-z0-9+/_-]{8,}"
        + @"|(?=(?-i:[A-Z]*[a-z]))(?=(?-i:[A-Za-z][a-z]*[A-Z]))(?:[a-z0-9+/]{4})+(?![a-z0-9+/]))";

    private const string UserInfo = @"(?<name>://)(?!\[REDACTED\]@)[^\s/?#""'<>]+(?=@)";

    private const string PrivateKey = @"-----begin[a-z ]*private key-----[^-]+";

    // Within another word these prefixes ("task-", "disk-") count only where a text as long as a key follows.
    private const string Key = @"(?<![a-z0-9])(?:sk-|dsk_|cr_|ghp_|ntn_|xox[baprs]-)[a-z0-9._-]+|(?:sk-|dsk_|ghp_)[a-z0-9._-]{20,}";

    /// <summary>The text with every secret replaced by <c>[REDACTED]</c>; a text that was redacted before stays as it is.</summary>
    public static string Redact(string text)
    {
        // A placeholder may end what did not end before it: the Base64 of Basic that has another secret behind it, without a space.
        string once = Replace(text);
        return ReferenceEquals(once, text) ? text : Replace(once);
    }

    private static string Replace(string text) => Secret().Replace(text, $"${{name}}${{open}}{Placeholder}");

    [GeneratedRegex(
        $"{Header}|{Setting}|{Token}|{Bearer}|{Basic}|{UserInfo}|{PrivateKey}|{Key}",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Secret();
}
