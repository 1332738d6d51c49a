using DurableSessions.Orchestration;

namespace DurableSessions.Testing;

/// <summary>The client that a host's store uses: the engine's, unless a test has put another in its place.</summary>
internal sealed class ReplaceableClient(OrchestrationClient engine) : DelegatingOrchestrationClient
{
    public OrchestrationClient? Replacement { get; set; }

    protected override OrchestrationClient Inner => Replacement ?? engine;
}
