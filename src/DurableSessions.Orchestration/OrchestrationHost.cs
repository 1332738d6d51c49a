namespace DurableSessions.Orchestration;

/// <summary>A host that runs instances, as it was last seen.</summary>
/// <param name="Name">Its name; unique among those that live.</param>
/// <param name="IsThis">Whether it is the host that was asked.</param>
/// <param name="IsAlive">Whether it is taken for alive. What a dead one has claimed is claimed by others.</param>
/// <param name="LastSeen">
/// When it last said that it lives, by the clock of storage; <see langword="null"/>: it says nothing, as one that is idle and alone.
/// </param>
public sealed record OrchestrationHost(string Name, bool IsThis, bool IsAlive, DateTimeOffset? LastSeen);
