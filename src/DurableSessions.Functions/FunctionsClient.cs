using DurableSessions.DurableTask;
using DurableSessions.Orchestration;
using Microsoft.DurableTask.Client;

namespace DurableSessions.Functions;

/// <summary>
/// The client of the app's task hub. The Functions host hands it out with each invocation and nowhere else, always the same one; every
/// trigger that can need it passes it on before it does anything.
/// </summary>
public sealed class FunctionsClient(TimeProvider time)
{
    private OrchestrationClient? _client;

    /// <summary>Of the last invocation.</summary>
    /// <exception cref="InvalidOperationException">There was none yet.</exception>
    public OrchestrationClient Current => Volatile.Read(ref _client) ?? throw new InvalidOperationException("No function has been invoked yet.");

    internal void Use(DurableTaskClient client) => Volatile.Write(ref _client, new DurableClient(client, time));
}
