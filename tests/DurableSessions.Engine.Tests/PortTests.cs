using DurableSessions.Orchestration.Behaviour;
using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

[Collection(nameof(Simulated))]
public sealed class EmbeddedSchedulingTests : SchedulingBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedActivityTests : ActivityBehaviour
{
    protected override TimeSpan Longest => EmbeddedHub.BeforeASweep;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedWaitingTests : WaitingBehaviour
{
    protected override TimeSpan Longest => EmbeddedHub.BeforeASweep;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedSteeringTests : SteeringBehaviour
{
    protected override TimeSpan Longest => EmbeddedHub.BeforeASweep;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedQueryTests : QueryBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedRecoveryTests : RecoveryBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedContinuingTests : ContinuingBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedTagTests : TagBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}

[Collection(nameof(Simulated))]
public sealed class EmbeddedSubOrchestrationTests : SubOrchestrationBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => EmbeddedHub.SimulateAsync(Schedule.InOrder, test);
}
