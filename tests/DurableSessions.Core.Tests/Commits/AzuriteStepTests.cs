using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>The steps of a commit, through a socket.</summary>
public sealed class AzuriteStepTests(AzuriteFixture azurite) : StepTests(azurite);
