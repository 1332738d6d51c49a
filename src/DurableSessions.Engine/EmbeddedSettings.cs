using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Engine;

/// <summary>The section <c>Embedded</c> of a host's settings.</summary>
public sealed class EmbeddedSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Embedded";

    /// <summary>
    /// <see cref="EngineOptions.Ownership"/> in seconds: 3 to 300, 15 unless set. A renewal may take a third of it, and a storage request
    /// has at least one second.
    /// </summary>
    [Range(3, 300, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int OwnershipSeconds { get; set; } = 15;
}
