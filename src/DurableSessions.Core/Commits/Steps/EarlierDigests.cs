using DurableSessions.Core.Archives;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Commits.Steps;

/// <summary>Finds what an archive that has a digest is digested again from.</summary>
internal sealed class EarlierDigests(ArchiveStore archives, SessionOptions options)
{
    /// <summary>The newest digest before it, and the archives since, which were uncovered when this one was digested first.</summary>
    /// <param name="commit">The attempt that made the archive.</param>
    /// <param name="entry">The archive.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="BlobGoneException">An entry before it is gone; also where that archive has expired.</exception>
    public async Task<SemanticBasis> FindBasisAsync(CommitAttempt commit, ArchiveEntry entry, CancellationToken cancellationToken)
    {
        int most = options.MaxUncoveredArchives + options.MaxPendingCommits;
        List<ArchiveReference> covers = [new(entry.Number, entry.CommitId, entry.Attempt)];
        for (int number = entry.Number - 1; number >= 1; number--)
        {
            ArchiveEntry earlier = await FindEntryAsync(commit.Session, commit.Incarnation, number, cancellationToken);
            if (earlier.Semantic is { } previous)
            {
                return Basis(previous);
            }

            if (covers.Count > most)
            {
                throw new InvalidOperationException($"Archive {entry.Number} has more than {most} archives without a digest before it.");
            }

            covers.Insert(0, new ArchiveReference(number, earlier.CommitId, earlier.Attempt));
        }

        return Basis(null);

        SemanticBasis Basis(string? previous) => new(commit, previous, covers, IsFromDegraded: false) { IsAgain = true };
    }

    /// <summary>The archive of the newest digest before one, which that one is digested again from.</summary>
    /// <param name="session">The session.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="number">The archive that is digested again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its number, or 0: there is none; <see langword="null"/>: it has expired, or an entry before the archive is gone.</returns>
    public async Task<int?> FindBasisNumberAsync(SessionKey session, Manifest manifest, int number, CancellationToken cancellationToken)
    {
        for (int earlier = number - 1; earlier > manifest.ExpiredArchives; earlier--)
        {
            if (await archives.FindEntryAsync(session, manifest.Incarnation, earlier, cancellationToken) is not { } entry)
            {
                return null;
            }

            if (entry.Semantic is not null)
            {
                return earlier;
            }
        }

        return manifest.ExpiredArchives == 0 ? 0 : null;
    }

    /// <summary>The entry of an archive that was switched.</summary>
    /// <exception cref="BlobGoneException">It is gone.</exception>
    public async Task<ArchiveEntry> FindEntryAsync(
        SessionKey session, string incarnation, int number, CancellationToken cancellationToken) =>
        await archives.FindEntryAsync(session, incarnation, number, cancellationToken)
            ?? throw new BlobGoneException($"The index entry of archive {number} is gone.");
}
