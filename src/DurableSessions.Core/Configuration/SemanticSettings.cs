using System.ComponentModel.DataAnnotations;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// What the section <c>Semantics</c> of a host's settings says of any digest; the settings of a model are in the same section.
/// </summary>
public sealed class SemanticSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Semantics";

    private const string FallBack = "fallback";

    /// <summary>The timeout of one attempt at a digest, in seconds: 1 to 86,400, 600 unless set.</summary>
    [Range(1, 86_400, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int TimeoutSeconds { get; set; } = (int)new SemanticPolicy().Timeout.TotalSeconds;

    /// <summary><c>fallback</c>, the default, or <c>fail</c>; see <see cref="SemanticPolicy.FallBack"/>.</summary>
    [AllowedValues(FallBack, "fail", ErrorMessage = "{0} is not fallback or fail.")]
    public string WhenFailed { get; set => field = value.Trim(); } = FallBack;

    /// <summary>The policy with what is set here; the rest of it stays.</summary>
    internal SemanticPolicy Apply(SemanticPolicy policy) => policy with
    {
        FallBack = WhenFailed == FallBack,
        Timeout = TimeSpan.FromSeconds(TimeoutSeconds),
    };
}
