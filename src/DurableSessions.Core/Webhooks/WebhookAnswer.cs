namespace DurableSessions.Core.Webhooks;

/// <summary>What a receiver has answered.</summary>
internal enum WebhookAnswer
{
    /// <summary>It has it: 2xx.</summary>
    Taken,

    /// <summary>It wants no more of them: 410.</summary>
    Gone,
}
