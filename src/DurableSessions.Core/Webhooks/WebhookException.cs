namespace DurableSessions.Core.Webhooks;

/// <summary>
/// A webhook was not taken, or its answer was lost: it may be sent again. The message has no path, no query and no secret.
/// </summary>
/// <remarks>It has no inner exception: an engine may record the messages of those too.</remarks>
internal sealed class WebhookException(string message) : Exception(message);
