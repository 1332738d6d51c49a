namespace DurableSessions.Core.Webhooks;

/// <summary>What is sent.</summary>
/// <param name="Url">Where.</param>
/// <param name="Id">Tells repetitions: the same each time it is sent.</param>
/// <param name="Body">JSON.</param>
internal sealed record WebhookMessage(WebhookUrl Url, string Id, ReadOnlyMemory<byte> Body);
