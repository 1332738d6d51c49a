using System.Reflection;
using DurableSessions.Orchestration;
using Microsoft.Azure.Functions.Worker;

namespace DurableSessions.Functions;

/// <summary>Triggers are declared by attributes, the registry is not: they must name the same.</summary>
internal static class FunctionNames
{
    /// <exception cref="InvalidOperationException">An orchestrator or activity has no trigger, and would never run.</exception>
    public static void Check(OrchestrationRegistry registry)
    {
        HashSet<string> triggers = [.. typeof(FunctionNames).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods())
            .Select(static method => method.GetCustomAttribute<FunctionAttribute>()?.Name)
            .OfType<string>()];
        string[] missing = [.. registry.Orchestrators.Keys.Concat(registry.Activities.Keys).Where(name => !triggers.Contains(name))];
        if (missing.Length > 0)
        {
            throw new InvalidOperationException($"Without a function: {string.Join(", ", missing)}.");
        }
    }
}
