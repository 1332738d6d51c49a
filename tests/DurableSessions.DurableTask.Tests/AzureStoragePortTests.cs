using DurableSessions.Orchestration.Behaviour;

namespace DurableSessions.DurableTask.Tests;

public sealed class AzureStorageSchedulingTests(WholeAzurite azurite) : SchedulingBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageActivityTests(WholeAzurite azurite) : ActivityBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageWaitingTests(WholeAzurite azurite) : WaitingBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageSteeringTests(WholeAzurite azurite) : SteeringBehaviour
{
    protected override bool TellsActivities => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageQueryTests(WholeAzurite azurite) : QueryBehaviour
{
    protected override bool TimersMayFireEarly => true;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageRecoveryTests(WholeAzurite azurite) : RecoveryBehaviour
{
    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageContinuingTests(WholeAzurite azurite) : ContinuingBehaviour
{
    protected override bool ForgetsCustomStatus => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageTagTests(WholeAzurite azurite) : TagBehaviour
{
    // The query of the gRPC server in the tests answers without them.
    protected override bool ListsTags => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}

public sealed class AzureStorageSubOrchestrationTests(WholeAzurite azurite) : SubOrchestrationBehaviour
{
    // Its event of a child that was terminated has no failure, which the worker cannot read.
    protected override bool CatchesTermination => false;

    protected override bool CountsGenerationsOfChildren => false;

    protected override bool TellsInputsOfChildren => false;

    protected override Task OnHubAsync(Func<IOrchestrationHub, Task> test) => DurableHub.RunAsync(azurite, test);
}
