using DurableSessions.Server.Serving;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The event ids that operators filter by.</summary>
public sealed class LogTests
{
    private static readonly Dictionary<int, string> s_released = new()
    {
        [4000] = nameof(Log.PlainText),
        [4001] = nameof(Log.LocalStorage),
    };

    [Fact]
    public void An_event_id_belongs_to_one_message_and_stays_with_it() => EventIds.AssertStable(typeof(Log), 4000, s_released);
}
