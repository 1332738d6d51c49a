using DurableSessions.Core.State;

namespace DurableSessions.Core.Memories;

/// <summary>An idempotency key that took changes back.</summary>
/// <param name="Key">The key, and its request.</param>
/// <param name="DraftBlob">The answer, until it stands under the key.</param>
internal sealed record UndoRequest(RequestKey Key, string DraftBlob);
