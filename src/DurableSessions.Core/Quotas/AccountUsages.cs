using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Quotas;

/// <summary>
/// Holds accounts to their quotas on one host. Without quotas it costs nothing. With them, one listing of an account at most every
/// <see cref="QuotaSettings.MeasureSeconds"/>, while it writes.
/// </summary>
/// <remarks>
/// Nothing of it is stored, so that a crash leaves nothing: a host that starts lists anew. Any number of hosts go over a quota by no more
/// than what all but one of them let in within that time.
/// </remarks>
internal sealed class AccountUsages(
    SessionStorage storage, HostCache memory, SessionOptions options, TimeProvider time, ILogger<AccountUsages> log) : IManifestObserver
{
    // A manifest without anything.
    private const long BytesOfSession = 1_024;

    private static readonly TimeSpan s_unused = TimeSpan.FromDays(1);

    private readonly AccountListing _listing = new(storage, withBytes: options.Quotas.Bytes is not null);
    private readonly QuotaSettings _quotas = options.Quotas;

    /// <summary>Whether there is a quota that a new session counts for.</summary>
    public bool HasSessionQuota => _quotas is not { Sessions: null, Bytes: null };

    private bool HasAny => _quotas is not { Sessions: null, Bytes: null, WaitingCommits: null };

    /// <summary>Sets bytes aside that are about to be written; <see langword="null"/>: there is no quota.</summary>
    /// <exception cref="QuotaExceededException">There are not so many left.</exception>
    public async ValueTask<Reservation?> ReserveBytesAsync(string account, long bytes, CancellationToken cancellationToken) =>
        _quotas.Bytes is null ? null : await For(account).ReserveAsync(new AccountTotals(Bytes: bytes), cancellationToken);

    /// <summary>Sets a session aside that is about to be created; <see langword="null"/>: there is no quota.</summary>
    /// <exception cref="QuotaExceededException">There is none left, or no bytes for it.</exception>
    public async ValueTask<Reservation?> ReserveSessionAsync(string account, CancellationToken cancellationToken) =>
        HasSessionQuota
            ? await For(account).ReserveAsync(new AccountTotals(Sessions: 1, Bytes: BytesOfSession), cancellationToken)
            : null;

    /// <summary>Sets a commit aside that is about to be accepted; <see langword="null"/>: there is no quota.</summary>
    /// <exception cref="QuotaExceededException">There is none left.</exception>
    public async ValueTask<Reservation?> ReserveCommitAsync(string account, CancellationToken cancellationToken) =>
        _quotas.WaitingCommits is null ? null : await For(account).ReserveAsync(new AccountTotals(WaitingCommits: 1), cancellationToken);

    /// <inheritdoc/>
    public void Written(SessionKey key, Manifest? before, Manifest after)
    {
        if (HasAny)
        {
            For(key.Account).Add(Of(after) - Of(before));
        }
    }

    private static AccountTotals Of(Manifest? manifest) => manifest is not { DeletedAt: null }
        ? default
        : new AccountTotals(Sessions: 1, WaitingCommits: manifest.Pending.Count);

    private AccountUsage For(string account) => memory.GetOrCreateOnce(
        ("usage", account), s_unused, bytes: 1024, () => new AccountUsage(account, _listing, _quotas, time, log));
}
