using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

public sealed class EmbeddedSchedulingTests(AzuriteFixture azurite) : SchedulingBehaviour
{
    protected override async Task<IOrchestrationHub> NewHubAsync() => await EmbeddedHub.NewAsync(azurite);
}

public sealed class EmbeddedActivityTests(AzuriteFixture azurite) : ActivityBehaviour
{
    protected override async Task<IOrchestrationHub> NewHubAsync() => await EmbeddedHub.NewAsync(azurite);
}

public sealed class EmbeddedWaitingTests(AzuriteFixture azurite) : WaitingBehaviour
{
    protected override async Task<IOrchestrationHub> NewHubAsync() => await EmbeddedHub.NewAsync(azurite);
}

public sealed class EmbeddedSteeringTests(AzuriteFixture azurite) : SteeringBehaviour
{
    protected override async Task<IOrchestrationHub> NewHubAsync() => await EmbeddedHub.NewAsync(azurite);
}

public sealed class EmbeddedQueryTests(AzuriteFixture azurite) : QueryBehaviour
{
    protected override async Task<IOrchestrationHub> NewHubAsync() => await EmbeddedHub.NewAsync(azurite);
}

public sealed class EmbeddedRecoveryTests(AzuriteFixture azurite) : RecoveryBehaviour
{
    protected override async Task<IOrchestrationHub> NewHubAsync() => await EmbeddedHub.NewAsync(azurite);
}
