using System.Text.Json;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Merging;

/// <summary>
/// Which archives of a user are gone, as storage says now: their session is deleted, or another one of that id, or they have expired. What
/// is gone stays gone. An archive whose commit is on its way is there, and one whose manifest cannot be read too.
/// </summary>
internal sealed class LivingArchives(ManifestStore manifests, UserKey user)
{
    private const int ReadAtOnce = 16;

    private readonly Dictionary<string, (string? Incarnation, int Expired, bool IsUnreadable)> _sessions = [];

    /// <summary>Reads the manifest of each session once, those that are known again.</summary>
    public async Task ReadAsync(IEnumerable<SegmentArchive> archives, CancellationToken cancellationToken)
    {
        foreach (string[] chunk in archives.Select(static a => a.SessionId).Distinct().Chunk(ReadAtOnce))
        {
            (string? Incarnation, int Expired, bool IsUnreadable)[] read =
                await Task.WhenAll(chunk.Select(id => ReadAsync(user.Session(id), cancellationToken)));
            for (int i = 0; i < chunk.Length; i++)
            {
                _sessions[chunk[i]] = read[i];
            }
        }
    }

    /// <summary>Whether an archive, of a session that was read, is gone.</summary>
    public bool IsGone(SegmentArchive archive) =>
        _sessions[archive.SessionId] is { IsUnreadable: false } session
        && (session.Incarnation != archive.Incarnation || archive.Number <= session.Expired);

    private async Task<(string? Incarnation, int Expired, bool IsUnreadable)> ReadAsync(
        SessionKey session, CancellationToken cancellationToken)
    {
        try
        {
            return await manifests.LoadAsync(session, cancellationToken) is { Manifest: { DeletedAt: null } manifest }
                ? (manifest.Incarnation, manifest.ExpiredArchives, false)
                : (null, 0, false);
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            return (null, 0, true);
        }
    }
}
