using System.Text.Json.Serialization;
using DurableSessions.Core.State;

namespace DurableSessions.Core.Commits;

/// <summary>What a poller sees while a commit runs.</summary>
/// <param name="Stage">Where it stands.</param>
/// <param name="Number">The archive's number, from clear-live on.</param>
/// <param name="Cancelling">Whether a cancellation has been seen.</param>
/// <param name="State">How far the archive was digested, once it is switched, so that a listing shows it.</param>
public sealed record CommitStatus(
    CommitStage Stage,
    int? Number = null,
    bool Cancelling = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ArchiveState? State = null);
