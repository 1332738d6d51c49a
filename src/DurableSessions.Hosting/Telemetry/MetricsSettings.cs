using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Hosting.Telemetry;

/// <summary>The section <c>Metrics</c> of a server's settings.</summary>
internal sealed class MetricsSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Metrics";

    /// <summary>
    /// The port of this machine, 1 to 65535, at which a scraper reads <c>/metrics</c> without a key, and nothing else; none unless set.
    /// </summary>
    [Range(1, 65535, ErrorMessage = "{0} is not a whole number from {1} to {2}.")]
    public int? Port { get; set; }
}
