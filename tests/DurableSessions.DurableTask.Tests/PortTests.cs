using DurableSessions.Orchestration.Behaviour;

namespace DurableSessions.DurableTask.Tests;

public sealed class DurableSchedulingTests : SchedulingBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableActivityTests : ActivityBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableWaitingTests : WaitingBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableSteeringTests : SteeringBehaviour
{
    protected override bool TellsActivities => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableQueryTests : QueryBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableRecoveryTests : RecoveryBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableContinuingTests : ContinuingBehaviour
{
    // Version 0.2.3-preview.1 of the task hub in memory raises a kept event again after the run has begun; later source does before.
    protected override bool KeepsTheOrderOfEvents => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableTagTests : TagBehaviour
{
    // The query of the task hub in memory answers without them.
    protected override bool ListsTags => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}

public sealed class DurableSubOrchestrationTests : SubOrchestrationBehaviour
{
    // Its worker cannot read the event of a child that was terminated, which has no failure.
    protected override bool CatchesTermination => false;

    // The task hub in memory does not hand them on.
    protected override bool InheritsTags => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(test);
}
