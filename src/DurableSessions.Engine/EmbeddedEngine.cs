using Azure.Storage.Blobs;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Running;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Engine;

/// <summary>
/// Runs orchestrations in this process, with nothing but a blob container. Any number of engines may share a container:
/// an instance is run by whoever claimed it last, and who lost it can change nothing any more.
/// </summary>
public sealed class EmbeddedEngine : IHostedService, IAsyncDisposable
{
    private readonly EngineParts _parts;
    private Task _sweep = Task.CompletedTask;

    /// <summary>Creates an engine that does not run yet; its client can be used already.</summary>
    /// <param name="container">Holds the instances, under <c>orchestrations/</c>; it must exist when the engine starts.</param>
    /// <param name="unretried">
    /// The same container through a client that sends each request once: the engine repeats writes itself, and must know which.
    /// </param>
    /// <param name="registry">What this host can run. Other hosts may know other names.</param>
    /// <param name="options">How it runs them.</param>
    /// <param name="time">Decides when something is tried, and never whether it is safe.</param>
    /// <param name="log">One line for each claim and each end.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of the options is not positive.</exception>
    public EmbeddedEngine(
        BlobContainerClient container,
        BlobContainerClient unretried,
        OrchestrationRegistry registry,
        EngineOptions options,
        TimeProvider time,
        ILogger<EmbeddedEngine> log)
    {
        options.Validate();
        _parts = new EngineParts(new InstanceStore(container, unretried, options.RequestTimeout, time), registry, options, time, log);
        Client = new EmbeddedClient(_parts);
    }

    /// <summary>Starts, watches and steers instances.</summary>
    public OrchestrationClient Client { get; }

    /// <summary>Begins to run what is scheduled here, and to claim what nobody runs.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _parts.Loaded.Open();
        _sweep = Task.Run(() => new Sweep(_parts).RunAsync(_parts.Stopping.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Gives back what runs here, within <see cref="EngineOptions.StopTimeout"/>: activities are cancelled, and not waited
    /// for; other hosts go on at their next listing, or with the next message. What cannot be given back in time goes on
    /// elsewhere when its ownership has lapsed.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _parts.Loaded.Close();
        await _parts.Stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_sweep, _parts.Loaded.WhenIdleAsync()).WaitAsync(_parts.Options.StopTimeout, _parts.Time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            _parts.Log.LogWarning("Not all instances could be given back in time");
        }

        await _parts.Gone.CancelAsync();
    }

    /// <summary>Stops like a process that is killed: nothing more is written, and nothing is given back. For tests.</summary>
    public async Task KillAsync()
    {
        _parts.Loaded.Close();
        await _parts.Gone.CancelAsync();
        await _parts.Stopping.CancelAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        GC.SuppressFinalize(this);
    }
}
