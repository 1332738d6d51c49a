using System.Globalization;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Ui.Live;

/// <summary>
/// The newest commits of a session as they go on. They are listed again when the session has changed; between, those that are not over are
/// read: the end of a commit comes behind its switch, which is the last change of the session.
/// </summary>
/// <param name="store">Where they are.</param>
/// <param name="session">The session.</param>
/// <param name="listed">How many are listed.</param>
internal sealed class CommitsWatch(SessionStore store, SessionKey session, int listed)
{
    private string? _listedAt;
    private List<CommitTask> _tasks = [];

    /// <summary>Reads what is another text after each change.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        string now = VersionOf(await store.Sessions.GetAsync(session, autoCreate: false, cancellationToken));
        if (now != _listedAt)
        {
            var query = new CommitTaskQuery { Session = session.Id, Limit = listed };
            _tasks = [.. await store.Tasks.ListAsync(session.Owner, query, cancellationToken)];
            _listedAt = now;
        }
        else
        {
            for (int i = 0; i < _tasks.Count; i++)
            {
                if (!_tasks[i].IsOver)
                {
                    _tasks[i] = await store.Tasks.GetAsync(session.Owner, _tasks[i].TaskId, cancellationToken);
                }
            }
        }

        return now + string.Concat(_tasks.Where(static t => !t.IsOver).Select(static t => string.Create(
            CultureInfo.InvariantCulture, $".{t.TaskId}-{t.Status}-{t.Stage}-{t.Attempt}")));
    }

    /// <summary>What every reader sees of a session is in its manifest, and what is live is counted.</summary>
    public static string VersionOf(SessionInfo session) => string.Create(
        CultureInfo.InvariantCulture,
        $"{session.UpdatedAt.UtcTicks}.{session.TotalMessageCount}.{session.MessageCount}.{session.CommitCount}."
        + $"{session.PendingArchives.Count}.{session.UncoveredArchives.Count}");
}
