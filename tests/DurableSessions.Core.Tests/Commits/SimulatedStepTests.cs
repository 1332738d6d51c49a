using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>The steps of a commit, in one process.</summary>
public sealed class SimulatedStepTests(SimulatedFixture simulated) : StepTests(simulated);
