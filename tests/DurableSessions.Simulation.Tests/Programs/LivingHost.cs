using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>A host from its start to its death.</summary>
internal sealed class LivingHost(Host host)
{
    private readonly TaskCompletionSource _died = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Host Host { get; } = host;

    /// <summary>Completes when it is killed; see also <see cref="Testing.FaultTransport.Stopped"/>.</summary>
    public Task Died => _died.Task;

    /// <summary>The host is stopping: requests that it has accepted go on, and it gets no new ones.</summary>
    public bool IsLeaving { get; set; }

    public bool IsThere => !IsLeaving && !Died.IsCompleted && !Host.Faults.Stopped.IsCompleted;

    public async Task KillAsync()
    {
        _died.TrySetResult();
        await Host.KillAsync();
    }
}
