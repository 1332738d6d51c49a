namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>Tests whose hosts are on simulated storage and a simulated clock: a wait of a minute takes no time.</summary>
[CollectionDefinition(nameof(Simulated), DisableParallelization = true)]
public sealed class Simulated;
