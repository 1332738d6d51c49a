using System.Globalization;

namespace DurableSessions.Core.Errors;

/// <summary>An account has as much as it may have of something; nothing was changed.</summary>
/// <param name="account">The account.</param>
/// <param name="quota">The quota: a name of <see cref="Configuration.QuotaSettings"/>.</param>
/// <param name="limit">Its limit.</param>
/// <param name="value">What the account has, as this host knows it.</param>
/// <param name="asked">What it would have had more.</param>
/// <param name="retryAfter">When this host measures again.</param>
public sealed class QuotaExceededException(string account, string quota, long limit, long value, long asked, TimeSpan retryAfter)
    : Exception(string.Create(
        CultureInfo.InvariantCulture,
        $"Account '{account}' is over its quota Quotas:{quota}: it has {value} of {limit}, and the request needs {asked} more."))
{
    /// <summary>The quota: a name of <see cref="Configuration.QuotaSettings"/>.</summary>
    public string Quota => quota;

    /// <summary>Its limit.</summary>
    public long Limit => limit;

    /// <summary>What the account has, as this host knows it.</summary>
    public long Value => value;

    /// <summary>When this host measures again, from now.</summary>
    public TimeSpan RetryAfter => retryAfter;
}
