using DurableSessions.Orchestration.Behaviour;

namespace DurableSessions.DurableTask.Tests;

public sealed class DurableSchedulingTests : SchedulingBehaviour
{
    protected override Task<IOrchestrationHub> NewHubAsync() => DurableHub.NewAsync();
}

public sealed class DurableActivityTests : ActivityBehaviour
{
    protected override Task<IOrchestrationHub> NewHubAsync() => DurableHub.NewAsync();
}

public sealed class DurableWaitingTests : WaitingBehaviour
{
    protected override Task<IOrchestrationHub> NewHubAsync() => DurableHub.NewAsync();
}

public sealed class DurableSteeringTests : SteeringBehaviour
{
    protected override bool TellsActivities => false;

    protected override Task<IOrchestrationHub> NewHubAsync() => DurableHub.NewAsync();
}

public sealed class DurableQueryTests : QueryBehaviour
{
    protected override Task<IOrchestrationHub> NewHubAsync() => DurableHub.NewAsync();
}

public sealed class DurableRecoveryTests : RecoveryBehaviour
{
    protected override Task<IOrchestrationHub> NewHubAsync() => DurableHub.NewAsync();
}
