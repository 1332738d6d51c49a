namespace DurableSessions.Core.Messages;

/// <summary>What a message is in its turn.</summary>
internal enum TurnPart : byte
{
    /// <summary>It begins a turn.</summary>
    Query,

    /// <summary>It begins a step.</summary>
    Step,

    /// <summary>It carries the results of tools, and belongs to the step before it.</summary>
    Transport,
}
