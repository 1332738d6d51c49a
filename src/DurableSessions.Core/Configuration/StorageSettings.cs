using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Core.Configuration;

/// <summary>The section <c>Storage</c> of a host's settings.</summary>
public sealed class StorageSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Storage";

    /// <summary>The container that holds everything: <c>durable-sessions</c> unless set.</summary>
    [RegularExpression(
        "(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        ErrorMessage = "{0} is no container name: 3 to 63 lower-case letters, digits and single hyphens, "
            + "beginning and ending with a letter or digit.")]
    public string Container { get; set; } = "durable-sessions";
}
