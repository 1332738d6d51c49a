using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Http.Keys;

/// <summary>The section <c>Auth</c> of a host's settings.</summary>
public sealed class AuthSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Auth";

    private const string Dev = "dev";
    private const string Keys = "keys";

    /// <summary>
    /// <c>keys</c>: the host starts with keys alone. <c>dev</c>: it starts without keys alone, where only its own machine reaches it, and
    /// believes what requests say of their user. Null: the host decides by where it runs.
    /// </summary>
    [RegularExpression($"{Dev}|{Keys}", ErrorMessage = "{0} is not dev or keys.")]
    public string? Mode { get; set; }

    /// <summary>Whether the mode was set to <c>dev</c>.</summary>
    public bool IsDev => Mode == Dev;

    /// <summary>Whether the mode was set to <c>keys</c>.</summary>
    public bool IsKeys => Mode == Keys;
}
