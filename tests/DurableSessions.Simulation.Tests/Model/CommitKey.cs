using DurableSessions.Core.Identities;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Simulation.Tests.Model;

/// <summary>A commit with a key, and every answer to it.</summary>
internal sealed record CommitKey(SessionModel Session, IdempotencyKey Key, int KeepRecent)
{
    private readonly Lock _lock = new();
    private readonly List<(long Start, CommitAnswer Answer)> _answers = [];

    /// <summary>Within one life of the session the answer stays the same.</summary>
    public void Answered(long start, CommitAnswer answer)
    {
        lock (_lock)
        {
            foreach ((long before, CommitAnswer first) in _answers.Where(a => !Session.MayBeDeletedSince(Math.Min(a.Start, start))))
            {
                bool isUnnumbered = first.Task is { ArchiveNumber: null } || answer.Task is { ArchiveNumber: null };
                bool isSame = first.Task is null || answer.Task is null
                    ? first.SkipReason == answer.SkipReason || isUnnumbered
                    : first.Task.TaskId == answer.Task.TaskId;
                Violation.Unless(isSame, $"Commit {Key.Value} was answered with {first}, and then with {answer}");
            }

            _answers.Add((start, answer));
        }
    }
}
