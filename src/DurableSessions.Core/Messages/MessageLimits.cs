namespace DurableSessions.Core.Messages;

/// <summary>Bounds of messages, checked where they enter.</summary>
public static class MessageLimits
{
    /// <summary>Messages in one batch.</summary>
    public const int MaxBatch = 100;

    /// <summary>Bytes of one append, all its lines together: one block of an append blob, kept well below Azure's 100 MiB.</summary>
    public const int MaxAppendBytes = 16 * 1024 * 1024;

    /// <summary>How deep JSON may nest in a request that holds messages.</summary>
    public const int MaxDepth = 256;

    /// <summary>Characters of a message's role, of its other names, of its time, and of each of its sources.</summary>
    public const int MaxNameLength = 4_096;

    /// <summary>Parts of one message.</summary>
    public const int MaxParts = 1_000;

    /// <summary>Messages that one message names as its sources.</summary>
    public const int MaxSources = 1_000;

    /// <summary>How deep a stored line may nest: what a request may, inside the message's own objects.</summary>
    public const int MaxStoredDepth = MaxDepth + 8;
}
