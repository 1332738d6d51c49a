using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>The event ids that operators filter by.</summary>
public sealed class LogTests
{
    private static readonly Dictionary<int, string> s_released = new()
    {
        [3000] = nameof(Log.RequestFailed),
        [3001] = nameof(Log.NotReady),
        [3002] = nameof(Log.KeysUnavailable),
        [3003] = nameof(Log.KeysNotMarked),
        [3004] = nameof(Log.ConnectionsRefused),
        [3005] = nameof(Log.KeyUseNotNoted),
        [3020] = nameof(Log.RequestRefused),
        [3021] = nameof(Log.RefusalsCounted),
        [3022] = nameof(Log.RefusalsOmitted),
        [3023] = nameof(Log.KeyAdded),
        [3024] = nameof(Log.KeyRevoked),
        [3025] = nameof(Log.KeyExpired),
        [3026] = nameof(Log.KeyRotated),
        [3027] = nameof(Log.OperatorActed),
    };

    [Fact]
    public void An_event_id_belongs_to_one_message_and_stays_with_it() => EventIds.AssertStable(typeof(Log), 3000, s_released);
}
