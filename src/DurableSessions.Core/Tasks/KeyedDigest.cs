using DurableSessions.Core.State;

namespace DurableSessions.Core.Tasks;

/// <summary>
/// The change of an archive's digest that an idempotency key stands for. Written before its instance is scheduled: a repetition schedules
/// that one, where it was not, and no other.
/// </summary>
internal sealed record KeyedDigest : KeyedRequest
{
    public required int Change { get; init; }
}
