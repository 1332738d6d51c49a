using System.ComponentModel.DataAnnotations;

namespace DurableSessions.Core.Configuration;

/// <summary>The section <c>Retention</c> of a host's settings.</summary>
public sealed class RetentionSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "Retention";

    /// <summary><see cref="SessionOptions.TaskRetention"/> in days: 0 (for ever) to 3,650; 30 unless set.</summary>
    [Range(0, 3_650, ErrorMessage = "{0} is not a whole number from {1} (for ever) to {2}.")]
    public int TaskDays { get; set; } = 30;

    /// <summary><see cref="SessionOptions.SessionRetention"/> in days: 0 (for ever) to 36,500; 0 unless set.</summary>
    [Range(0, 36_500, ErrorMessage = "{0} is not a whole number from {1} (for ever) to {2}.")]
    public int SessionDays { get; set; }

    /// <summary><see cref="SessionOptions.ArchiveRetention"/> in days: 0 (for ever), or 2 to 36,500; 0 unless set.</summary>
    [Range(0, 36_500, ErrorMessage = "{0} is not a whole number from {1} (for ever) to {2}.")]
    [DeniedValues(1, ErrorMessage = "{0} is 1: it is 0 (for ever), or 2 at least.")]
    public int ArchiveDays { get; set; }
}
