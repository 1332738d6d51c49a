namespace DurableSessions.Core.Messages;

/// <summary>Bounds of messages, checked where they enter.</summary>
public static class MessageLimits
{
    /// <summary>Messages in one batch.</summary>
    public const int MaxBatch = 100;

    /// <summary>Bytes of one append, all its lines together: one block of an append blob, kept well below Azure's 100 MiB.</summary>
    public const int MaxAppendBytes = 16 * 1024 * 1024;

    /// <summary>How deep JSON may nest in a request.</summary>
    public const int MaxDepth = 64;

    /// <summary>How deep a stored line may nest: what a request may, inside the message's own objects.</summary>
    public const int MaxStoredDepth = MaxDepth + 8;
}
