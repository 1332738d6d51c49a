using DurableSessions.DurableTask;
using DurableSessions.Orchestration;
using Microsoft.DurableTask.Client;

namespace DurableSessions.Functions;

/// <summary>
/// The client of the app's task hub. The Functions host gives it only to triggers, with each invocation and always the same one; every
/// trigger whose work can need it passes it to <see cref="Use"/> first.
/// </summary>
public sealed class FunctionsClient(TimeProvider time) : DelegatingOrchestrationClient
{
    private OrchestrationClient? _client;

    /// <summary>The client of the last invocation.</summary>
    /// <exception cref="OrchestrationUnavailableException">There was no invocation yet.</exception>
    protected override OrchestrationClient Inner => Volatile.Read(ref _client) ?? ThrowNone();

    internal void Use(DurableTaskClient client) => Volatile.Write(ref _client, new DurableClient(client, time));

    private static OrchestrationClient ThrowNone() =>
        throw new OrchestrationUnavailableException("No function has been invoked yet, so that the app does not have its task hub.");
}
