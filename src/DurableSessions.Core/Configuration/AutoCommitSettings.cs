using System.Globalization;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Configuration;

/// <summary>Reads the policy that new sessions start with from a host's settings, which are called the same in every host.</summary>
public static class AutoCommitSettings
{
    private const string Section = "AutoCommit";

    /// <summary>
    /// Reads <c>AutoCommit:*</c>; the names are those of <see cref="AutoCommitPolicy"/>, and what is not set has its default.
    /// </summary>
    /// <param name="find">The text of a setting, by its whole name; <see langword="null"/> or empty where it is not set.</param>
    /// <returns><see langword="null"/> where none is set: sessions start without a policy.</returns>
    /// <exception cref="FormatException">
    /// One is not a number, or not within its bounds; the message names the setting and the bounds.
    /// </exception>
    public static AutoCommitPolicy? Read(Func<string, string?> find)
    {
        string[] names =
        [
            nameof(AutoCommitPolicy.PendingTokenThreshold), nameof(AutoCommitPolicy.MessageCountThreshold),
            nameof(AutoCommitPolicy.IdleTimeoutSeconds), nameof(AutoCommitPolicy.KeepRecentCount),
            nameof(AutoCommitPolicy.MinCommitIntervalSeconds),
        ];
        if (names.All(name => string.IsNullOrEmpty(find($"{Section}:{name}"))))
        {
            return null;
        }

        var defaults = new AutoCommitPolicy();
        return new AutoCommitPolicy
        {
            PendingTokenThreshold = Number(
                nameof(AutoCommitPolicy.PendingTokenThreshold), defaults.PendingTokenThreshold, AutoCommitPolicy.MaxPendingTokenThreshold),
            MessageCountThreshold = Number(
                nameof(AutoCommitPolicy.MessageCountThreshold), defaults.MessageCountThreshold, AutoCommitPolicy.MaxMessageCountThreshold),
            IdleTimeoutSeconds = Number(
                nameof(AutoCommitPolicy.IdleTimeoutSeconds), defaults.IdleTimeoutSeconds, AutoCommitPolicy.MaxSeconds),
            KeepRecentCount = Number(
                nameof(AutoCommitPolicy.KeepRecentCount), defaults.KeepRecentCount, AutoCommitPolicy.MaxKeepRecentCount),
            MinCommitIntervalSeconds = Number(
                nameof(AutoCommitPolicy.MinCommitIntervalSeconds), defaults.MinCommitIntervalSeconds, AutoCommitPolicy.MaxSeconds),
        };

        int Number(string name, int otherwise, int max) => find($"{Section}:{name}") switch
        {
            null or "" => otherwise,
            { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= max => value,
            { } text => throw new FormatException(
                string.Create(CultureInfo.InvariantCulture, $"{Section}:{name} '{text}' is not a whole number of 0 to {max}.")),
        };
    }
}
