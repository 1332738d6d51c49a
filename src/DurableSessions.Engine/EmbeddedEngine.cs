using System.Diagnostics.Metrics;
using Azure.Storage.Blobs;
using DurableSessions.Engine.Hosts;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Engine.Telemetry;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine;

/// <summary>
/// Runs orchestrations in this process, on a blob container alone. Any number of engines may share a container:
/// an instance is run by the host that claimed it last, and a host that lost it can change nothing any more.
/// </summary>
public sealed class EmbeddedEngine : IHostedLifecycleService, IAsyncDisposable
{
    private readonly EngineLifetime _lifetime = new();
    private readonly HostIdentity _identity;
    private readonly Handover _handover;
    private readonly LoadedInstances _loaded;
    private readonly Sweep _sweep;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly LivenessLoop _liveness;
    private readonly EngineMeter _meter;
    private Task _sweeping = Task.CompletedTask;
    private Task _lives = Task.CompletedTask;

    /// <summary>Creates an engine that does not run yet; its client can be used already.</summary>
    /// <param name="container">Holds the instances, under <c>orchestrations/</c>; it must exist when the engine starts.</param>
    /// <param name="unretried">
    /// The same container through a client that sends each request once: the engine repeats writes itself, and recognises its own.
    /// </param>
    /// <param name="registry">The orchestrators and activities of this host. Other hosts may have others.</param>
    /// <param name="options">How it runs instances.</param>
    /// <param name="time">
    /// The clock of this host, which is corrected by that of storage: it decides when a request is sent, and never whether that is safe.
    /// </param>
    /// <param name="log">Gets one line for each claim and each end, and the warnings; event ids 2000 to 2099.</param>
    /// <param name="meters">
    /// Makes the engine's meter, <see cref="EngineTelemetry.MeterName"/>; <see langword="null"/>: it is one of its own.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">One of the options is out of its bounds.</exception>
    public EmbeddedEngine(
        BlobContainerClient container,
        BlobContainerClient unretried,
        OrchestrationRegistry registry,
        EngineOptions options,
        TimeProvider time,
        ILogger<EmbeddedEngine> log,
        IMeterFactory? meters = null)
    {
        options.Validate();
        _options = options;
        _log = log;

        var clock = new StorageClock(time);
        time = options.TrustsOwnClock ? time : clock;
        _time = time;
        var store = new InstanceStore(container, unretried, options.RequestTimeout, clock);
        var due = new DueQueue();
        var watches = new InstanceWatches();
        _identity = new HostIdentity(new HostStarts(container, time), log);
        _handover = new Handover(container, _lifetime, options.SweepInterval, time, log);
        var others = new OtherHosts(_identity, time);
        var liveness = new Liveness(options.Ownership, time);
        var hosts = new KnownHosts(_identity, options.Ownership, options.RenewalInterval, time);
        _meter = new EngineMeter(meters);
        var claims = new Claims(options.Ownership, _identity, hosts, time);
        var dispatcher = new ActivityDispatcher(registry, () => _identity.Current.Name, options, _meter, time);
        var parked = new ParkedInstances(dispatcher, _lifetime);
        var places = new Places(options.MaxLoadedInstances);
        var subOrchestrations = new SubOrchestrations(due, _lifetime, time, log);
        var workers = new WorkerFactory(
            store, registry, dispatcher, subOrchestrations, watches, due, parked, places, _handover, liveness, _lifetime, options,
            _meter, time, log);
        _loaded = new LoadedInstances(workers, registry, due, parked, places);
        var quarantine = new Quarantine(store, watches, due, _meter, time, log);
        var wanted = new WantedListing(due);
        var claimer = new Claimer(store, registry, _loaded, claims, due, wanted, parked, watches, quarantine, _lifetime, _meter, time, log);
        parked.Open(claimer.ClaimParkedAsync);
        var watch = new HandoverWatch(_handover, others, options.SweepInterval, time, log);
        var activeListing = new ActiveListing(store, _loaded, claimer, parked, watch, options.ListingPage, _meter, log);
        _sweep = new Sweep(activeListing, _loaded, claimer, _identity, watch, due, wanted, options, time, log);
        var livenessBlobs = new LivenessBlobs(container, clock);
        Hosts = new EmbeddedHosts(livenessBlobs, _identity, options.Ownership, time);
        _liveness = new LivenessLoop(
            livenessBlobs, liveness, hosts, others, _identity, _loaded, _sweep.Hurry, options, time,
            log);

        _meter.Observe(() => _loaded.Count, () => dispatcher.Queues, time);

        var scheduler = new InstanceScheduler(store, _loaded, claims, due, _handover, time, log);
        var sender = new MessageSender(store, _loaded, claims, due, _handover, time, log);
        subOrchestrations.Open(
            (child, replaces, token) => scheduler.ScheduleAsync(child, isFresh: false, replaces, token), sender.SendAsync);
        var reader = new InstanceReader(store, _loaded, claims, due, parked, others);
        var waiter = new InstanceWaiter(reader, _loaded, watches, time);
        var listing = new InstanceListing(store);
        Client = new EmbeddedClient(store, scheduler, reader, waiter, sender, listing, _lifetime, time);
    }

    /// <summary>Schedules, reads and controls instances. Its calls fail once the engine has stopped.</summary>
    public OrchestrationClient Client { get; }

    /// <summary>The hosts that share the container. Its calls do not need a started engine.</summary>
    public OrchestrationHosts Hosts { get; }

    /// <summary>Begins to run instances that are scheduled here, and to claim those that no host runs.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _loaded.Open();
        _sweeping = Task.Run(() => _sweep.RunAsync(_lifetime.Stopping), CancellationToken.None);
        Task idle = Task.WhenAll(_sweeping, _loaded.WhenIdleAsync());
        _lives = Task.Run(() => _liveness.RunAsync(idle, _lifetime.Gone), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Takes this host's name, where <see cref="EngineOptions.HostName"/> gives it one, and then claims what its predecessor under that
    /// name owned. Not before the host has started: one that cannot, as where its address is in use, takes nothing from a host that runs.
    /// </summary>
    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken)
    {
        if (_options.HostName is { } name)
        {
            _identity.Want(name);
            _sweep.Hurry();
        }

        return Task.CompletedTask;
    }

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Gives back the instances that run here: at once those of which no activity runs, the others when it has ended, and its answer is
    /// stored, or is cancelled after <see cref="EngineOptions.ActivityStopTimeout"/>, or when <paramref name="cancellationToken"/> is
    /// signalled. It does not wait for what activities do then. Other hosts go on within two seconds where they have seen an instance of
    /// this one in the last ten minutes (see <see cref="Handover"/>), otherwise at their next listing. An instance that is not given back
    /// within <see cref="EngineOptions.StopTimeout"/> after that goes on elsewhere once its ownership has lapsed. Where all are, the
    /// blob is removed by which this host says that it lives.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _loaded.Close();
        await _lifetime.StopAsync();
        Task idle = Task.WhenAll(_sweeping, _loaded.WhenIdleAsync());
        Task telling = _handover.TellAsync(idle, _lifetime.Gone);
        if (!await EndsAsync(idle, _options.ActivityStopTimeout, cancellationToken))
        {
            await _lifetime.CancelActivitiesAsync();
        }

        long began = _time.GetTimestamp();
        if (!await EndsAsync(Task.WhenAll(idle, telling), _options.StopTimeout, CancellationToken.None))
        {
            _log.NotAllGivenBack();
        }

        TimeSpan left = _options.StopTimeout - _time.GetElapsedTime(began);
        await EndsAsync(_lives, left > TimeSpan.Zero ? left : TimeSpan.Zero, CancellationToken.None);
        await _lifetime.LeaveAsync();
    }

    private async Task<bool> EndsAsync(Task task, TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(within, _time, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Stops like a process that is killed: it writes nothing more, and gives nothing back. For tests.</summary>
    internal async Task KillAsync()
    {
        _loaded.Close();
        await _lifetime.LeaveAsync();
        await _lifetime.StopAsync();
    }

    /// <summary>Stops the engine, as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _meter.Dispose();
        GC.SuppressFinalize(this);
    }
}
