using DurableSessions.Core;
using DurableSessions.Core.Context;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Files;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Recall;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Mcp;

/// <summary>One call of a tool.</summary>
/// <param name="Store">What it is about.</param>
/// <param name="Asker">Who calls.</param>
/// <param name="Recent">What was sent in a session's last turns.</param>
/// <param name="Cost">Learns what is read; <see langword="null"/> where that is not limited.</param>
/// <param name="Hold">Asked before bytes of the answer are held.</param>
/// <param name="Time">The clock.</param>
internal sealed record ToolCall(
    SessionStore Store, Asker Asker, RecentlyRecalled Recent, RequestCost? Cost, HoldBytes Hold, TimeProvider Time)
{
    /// <summary>Who calls.</summary>
    public Caller Caller => Asker.Caller;

    /// <summary>The caller's places.</summary>
    public UserFiles Files { get; } = new(Store, Asker.Caller, Cost, Hold);

    /// <summary>The call that a request makes.</summary>
    public static ToolCall Of(HttpContext http, SessionStore store, RecentlyRecalled recent, TimeProvider time) =>
        new(store, Asker.Of(http, McpEndpoint.CallerOf(http)), recent, RequestCost.Find(http), BodyLease.ForAnswer(http), time);
}
