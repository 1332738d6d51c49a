using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Core.Configuration;

/// <summary>The section <c>Appends</c> of a host's settings.</summary>
public sealed class AppendSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Appends";

    /// <summary><see cref="SessionOptions.RepetitionWindow"/> in seconds: 0 (off, and the default) to 86,400.</summary>
    [Range(0, 86_400, ErrorMessage = "{0} is not a whole number from {1} (off) to {2}.")]
    public int RepetitionSeconds { get; set; }
}
