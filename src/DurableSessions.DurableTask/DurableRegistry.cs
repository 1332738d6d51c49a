using DurableSessions.Orchestration;
using Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>Registers orchestrators and activities with Durable Task, under the same names.</summary>
public static class DurableRegistry
{
    /// <summary>Adds every orchestrator and activity of <paramref name="ours"/>.</summary>
    public static void AddAll(this DurableTaskRegistry registry, OrchestrationRegistry ours)
    {
        foreach ((string name, Func<Orchestration.ITaskOrchestrator> create) in ours.Orchestrators)
        {
            registry.AddOrchestrator(name, () => new DurableOrchestrator(create()));
        }

        foreach ((string name, Func<Orchestration.ITaskActivity> create) in ours.Activities)
        {
            registry.AddActivity(name, _ => new DurableActivity(create()));
        }
    }
}
