using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine.Running;

/// <summary>What the workers, the sweep and the client of one host share.</summary>
internal sealed class EngineParts
{
    private readonly string _host = $"{Environment.MachineName}-{Guid.CreateVersion7():N}";
    private int _claims;

    public EngineParts(InstanceStore store, OrchestrationRegistry registry, EngineOptions options, TimeProvider time, ILogger log)
    {
        Store = store;
        Registry = registry;
        Options = options;
        Time = time;
        Log = log;
        Dispatcher = new ActivityDispatcher(registry, options);
        Loaded = new LoadedInstances(this);
    }

    public InstanceStore Store { get; }

    public OrchestrationRegistry Registry { get; }

    public EngineOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public ActivityDispatcher Dispatcher { get; }

    public LoadedInstances Loaded { get; }

    public InstanceWatches Watches { get; } = new();

    public DueQueue Due { get; } = new();

    /// <summary>Signalled at a clean stop: give back what runs here, claim nothing more.</summary>
    public CancellationTokenSource Stopping { get; } = new();

    /// <summary>Signalled when the host is gone: not one more request.</summary>
    public CancellationTokenSource Gone { get; } = new();

    /// <summary>How often an owner writes that it is still there.</summary>
    public TimeSpan Renewal => Options.Ownership / 3;

    /// <summary>
    /// The instance as claimed by this host, to be written. Every claim has a name of its own: a worker that has lost its
    /// instance to another of the same process sees that as well.
    /// </summary>
    public InstanceDocument Claim(InstanceDocument instance)
    {
        string write = NewWriteId();
        return Own(instance) with { WriteId = write, CheckpointId = write };
    }

    /// <summary>A new instance, owned by this host from its creation on.</summary>
    public InstanceDocument Own(InstanceDocument instance) => instance with
    {
        Owner = $"{_host}/{Interlocked.Increment(ref _claims)}",
        OwnedUntil = Time.GetUtcNow() + Options.Ownership,
        NextDue = null,
    };

    public static string NewWriteId() => Guid.NewGuid().ToString("N");
}
