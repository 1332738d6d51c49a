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
        [3004] = nameof(Log.KeyUseNotNoted),
    };

    [Fact]
    public void An_event_id_belongs_to_one_message_and_stays_with_it() => EventIds.AssertStable(typeof(Log), 3000, s_released);
}
