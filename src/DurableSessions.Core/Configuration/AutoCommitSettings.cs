using System.ComponentModel.DataAnnotations;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// The section <c>AutoCommit</c> of a host's settings: the policy that new sessions start with, none where nothing is set. The names are
/// those of <see cref="AutoCommitPolicy"/>.
/// </summary>
public sealed class AutoCommitSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = "AutoCommit";

    private const string NoNumber = "{0} is not a whole number from {1} to {2}.";

    /// <summary>0 (off) to <see cref="AutoCommitPolicy.MaxPendingTokenThreshold"/>.</summary>
    [Range(0, AutoCommitPolicy.MaxPendingTokenThreshold, ErrorMessage = NoNumber)]
    public int? PendingTokenThreshold { get; set; }

    /// <summary>0 (off) to <see cref="AutoCommitPolicy.MaxMessageCountThreshold"/>.</summary>
    [Range(0, AutoCommitPolicy.MaxMessageCountThreshold, ErrorMessage = NoNumber)]
    public int? MessageCountThreshold { get; set; }

    /// <summary>0 (off) to <see cref="AutoCommitPolicy.MaxSeconds"/>.</summary>
    [Range(0, AutoCommitPolicy.MaxSeconds, ErrorMessage = NoNumber)]
    public int? IdleTimeoutSeconds { get; set; }

    /// <summary>0 to <see cref="AutoCommitPolicy.MaxKeepRecentCount"/>.</summary>
    [Range(0, AutoCommitPolicy.MaxKeepRecentCount, ErrorMessage = NoNumber)]
    public int? KeepRecentCount { get; set; }

    /// <summary>0 to <see cref="AutoCommitPolicy.MaxSeconds"/>.</summary>
    [Range(0, AutoCommitPolicy.MaxSeconds, ErrorMessage = NoNumber)]
    public int? MinCommitIntervalSeconds { get; set; }

    /// <summary>
    /// The policy; what is not set has its default. <see langword="null"/> where nothing is set: sessions start without a policy.
    /// </summary>
    internal AutoCommitPolicy? ToPolicy()
    {
        int?[] all = [PendingTokenThreshold, MessageCountThreshold, IdleTimeoutSeconds, KeepRecentCount, MinCommitIntervalSeconds];
        if (all.All(static value => value is null))
        {
            return null;
        }

        var defaults = new AutoCommitPolicy();
        return new AutoCommitPolicy
        {
            PendingTokenThreshold = PendingTokenThreshold ?? defaults.PendingTokenThreshold,
            MessageCountThreshold = MessageCountThreshold ?? defaults.MessageCountThreshold,
            IdleTimeoutSeconds = IdleTimeoutSeconds ?? defaults.IdleTimeoutSeconds,
            KeepRecentCount = KeepRecentCount ?? defaults.KeepRecentCount,
            MinCommitIntervalSeconds = MinCommitIntervalSeconds ?? defaults.MinCommitIntervalSeconds,
        };
    }
}
