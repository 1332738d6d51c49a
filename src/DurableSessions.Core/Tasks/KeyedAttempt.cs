using DurableSessions.Core.State;

namespace DurableSessions.Core.Tasks;

/// <summary>
/// The attempt of a task that a key cancels, or that it starts. Written before that is done: so a repetition, on any host, can
/// tell what is still to be done for its own attempt from what belongs to a later one, which it never touches.
/// </summary>
/// <remarks>
/// <para>What a crash leaves, request by request:</para>
/// <list type="bullet">
/// <item>before this is written: nothing; the repetition is the first request;</item>
/// <item>after it, before the event is raised or the attempt is scheduled: the repetition finds the task where it was, and does it;</item>
/// <item>after that: a retry's repetition finds an attempt of this number or a later one, and starts nothing, even where that
/// attempt has failed; a cancellation's finds the attempt over or cancelling, or a later one, and raises nothing. Where the event is not
/// seen yet it is raised twice: the orchestrator takes one.</item>
/// </list>
/// <para>
/// A request that is refused enters nothing. Two requests that retry the same attempt start one: the engine replaces
/// only the generation that was looked at.
/// </para>
/// </remarks>
internal sealed record KeyedAttempt : KeyedRequest
{
    public required int Attempt { get; init; }
}
