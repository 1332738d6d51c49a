namespace DurableSessions.Testing.Tests.Schedules;

/// <summary>Tests on a simulated clock have the process to themselves.</summary>
[CollectionDefinition(nameof(Simulated), DisableParallelization = true)]
public sealed class Simulated;
