using System.ComponentModel.DataAnnotations;
using DurableSessions.Core.Auditing;

namespace DurableSessions.Server.Auditing;

/// <summary>The section <c>Check</c> of the settings.</summary>
internal sealed class CheckSettings
{
    public const string Section = "Check";

    /// <summary>How old an orphan must be to be removed, at least 0.</summary>
    [Range(
        typeof(TimeSpan), "00:00:00", "10675199.00:00:00",
        ErrorMessage = "{0} is not a time such as 1.00:00:00 (a day), at least {1} and at most {2}.")]
    public TimeSpan OrphanAge { get; set; } = new AuditOptions().OrphanAge;
}
