using Azure.Storage.Blobs;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Errors;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Faults;

/// <summary>
/// One fault at one request of one scenario: run, go on with a fresh host where the process died, wait for the end, and audit through
/// the public API alone.
/// </summary>
internal static class FaultPoint
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private static readonly SessionOptions Options = new() { BlocksPerSegment = 3, TombstoneRetention = TimeSpan.FromMilliseconds(200) };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Prepares a scenario by a host that ends then. The container.</summary>
    public static async Task<string> PrepareAsync(StorageFixture storage, Scenario scenario)
    {
        string container = (await storage.NewContainerAsync()).Name;
        using Host host = await Host.RunAsync(storage, container, Options);
        await scenario.PrepareAsync(host);
        await host.QuietAsync();
        await host.StopAsync();
        return container;
    }

    /// <summary>The requests that a scenario makes when nothing fails.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="prepared">The container in which it is prepared; <see langword="null"/>: it is not.</param>
    public static async Task<IReadOnlyList<StorageRequest>> RequestsAsync(
        StorageFixture storage, Scenario scenario, string? prepared = null)
    {
        string container = prepared ?? (await storage.NewContainerAsync()).Name;
        using Host host = await BeginAsync(storage, scenario, container, prepared is not null);
        int before = host.Faults.Requests;
        await scenario.ActAsync(host);
        await host.QuietAsync();
        Assert.Equal(host.Faults.Requests, host.Log.Count);
        return [.. host.Log.Requests.Skip(before)];
    }

    /// <summary>False: the scenario made fewer requests.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="scenario">The scenario.</param>
    /// <param name="kind">The fault.</param>
    /// <param name="request">At which of its requests, from 1.</param>
    /// <param name="prepared">The container in which it is prepared; <see langword="null"/>: it is not.</param>
    public static async Task<bool> TryAsync(
        StorageFixture storage, Scenario scenario, FaultKind kind, int request, string? prepared = null)
    {
        string container = prepared ?? (await storage.NewContainerAsync()).Name;
        using Host host = await BeginAsync(storage, scenario, container, prepared is not null);
        int at = host.Faults.Requests + request;
        Func<Task> deliverLate = host.Faults.Inject(kind, at);
        try
        {
            bool ended = await ActAsync(scenario, host, storage.Time);
            if (!ended)
            {
                await host.KillAsync();
            }

            using Host fresh = await Host.RunAsync(storage, container, Options);
            if (!ended)
            {
                // The client tries again, elsewhere, with the same keys.
                await scenario.ActAsync(fresh).WaitAsync(Longest, storage.Time, Cancelled);
            }

            // What a host starts by itself, it may start after its client was answered.
            await host.QuietAsync();
            await fresh.QuietAsync();
            bool reached = host.Faults.Requests >= at;
            await fresh.EndAllAsync(session: scenario.OnlySession);
            await deliverLate();

            // A host that starts sweeps at once, and takes up what a request that came late has created.
            using Host auditor = scenario.IsCheckedAtWork || kind is FaultKind.SentTwice or FaultKind.ArrivesLate
                ? await Host.RunAsync(storage, container, Options)
                : await Host.StartAsync(storage, container, Options);
            Audit? audit = await scenario.AuditAsync(auditor);
            await scenario.CheckAsync(auditor, audit);
            BlobContainerClient blobs = (await storage.ConnectAsync(container)).Container;
            await Found.CheckAsync(blobs, auditor, Scenario.Key, audit, kind is FaultKind.SentTwice or FaultKind.ArrivesLate);
            return reached;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(
                $"""
                {scenario.Name}, {kind} at request {request}: {e.Message}
                {host.Faults}
                {host.Log}
                """,
                e);
        }
    }

    private static async Task<Host> BeginAsync(StorageFixture storage, Scenario scenario, string container, bool isPrepared)
    {
        Host host = await Host.RunAsync(storage, container, Options);
        if (!isPrepared)
        {
            await scenario.PrepareAsync(host);
        }

        return host;
    }

    // True: the client was answered. False: the process died, or the client got an error.
    private static async Task<bool> ActAsync(Scenario scenario, Host host, TimeProvider time)
    {
        Task act = scenario.ActAsync(host);
        if (await Task.WhenAny(act, host.Faults.Stopped).WaitAsync(Longest, time) != act)
        {
            _ = act.ContinueWith(static t => t.Exception, TaskScheduler.Default);
            return false;
        }

        try
        {
            await act;
            return true;
        }
        catch (Exception e) when (e is Azure.RequestFailedException or AggregateException or ContentionException or IOException)
        {
            return false;
        }
    }
}
