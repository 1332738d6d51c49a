using System.Diagnostics;
using System.Globalization;

namespace DurableSessions.Testing.Kills;

/// <summary>Servers on one storage, each of which can be killed, stopped and paused, and is started again.</summary>
internal sealed class Hosts : IAsyncDisposable
{
    private readonly Func<int, Task<ServerProcess>> _launch;
    private readonly Task<ServerProcess>[] _running;
    private int _kills;
    private int _stops;
    private int _pauses;

    private Hosts(Func<int, Task<ServerProcess>> launch, int count)
    {
        _launch = launch;
        _running = [.. Enumerable.Range(0, count).Select(launch)];
    }

    public int Count => _running.Length;

    /// <summary>How many hosts were killed (SIGKILL) so far.</summary>
    public int Kills => Volatile.Read(ref _kills);

    /// <summary>How many hosts got SIGTERM so far.</summary>
    public int Stops => Volatile.Read(ref _stops);

    /// <summary>How many hosts were paused (SIGSTOP, SIGCONT) so far.</summary>
    public int Pauses => Volatile.Read(ref _pauses);

    /// <param name="connection">The connection string of the storage account that the hosts share.</param>
    /// <param name="container">The container that the hosts share.</param>
    /// <param name="count">The number of hosts.</param>
    /// <param name="ownershipSeconds">How long a killed host still owns its instances, in seconds.</param>
    /// <param name="name">Begins each host's name, which its number ends; <see langword="null"/>: a name is drawn at each start.</param>
    public static async Task<Hosts> StartAsync(
        string connection, string container, int count, int ownershipSeconds = 15, string? name = null)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = connection,
            ["Storage__Container"] = container,
            ["Auth__Mode"] = "dev",
            ["Embedded__OwnershipSeconds"] = ownershipSeconds.ToString(CultureInfo.InvariantCulture),
        };
        return await StartAsync(
            number => ServerProcess.StartAsync(
                name is null ? environment : new Dictionary<string, string>(environment) { ["Host__Name"] = $"{name}-{number}" }),
            count);
    }

    /// <param name="launch">Starts a host by its number; called again after each end of it.</param>
    /// <param name="count">The number of hosts.</param>
    public static async Task<Hosts> StartAsync(Func<int, Task<ServerProcess>> launch, int count)
    {
        var hosts = new Hosts(launch, count);
        await Task.WhenAll(hosts._running);
        return hosts;
    }

    /// <summary>The host of this number, when it runs.</summary>
    public Task<ServerProcess> GetAsync(int number) => Volatile.Read(ref _running[number]);

    /// <summary>A host that runs, the preferred one first; where none runs, the first that does again.</summary>
    public async Task<ServerProcess> AnyAsync(int preferred)
    {
        Task<ServerProcess>[] all = [.. Enumerable.Range(0, Count).Select(i => GetAsync((preferred + i) % Count))];
        return await (all.FirstOrDefault(static host => host.IsCompleted) ?? await Task.WhenAny(all));
    }

    /// <summary>Kills a host, and starts it again.</summary>
    public Task KillAsync(int number)
    {
        Interlocked.Increment(ref _kills);
        return RestartAsync(number, static host => host.KillAsync());
    }

    /// <summary>Stops a host with SIGTERM, and starts it again. Returns how long the stop took.</summary>
    public async Task<TimeSpan> StopAsync(int number)
    {
        Interlocked.Increment(ref _stops);
        var clock = new Stopwatch();
        await RestartAsync(number, async host =>
        {
            clock.Start();
            Assert.Equal(0, await host.TerminateAsync());
            clock.Stop();
        });
        return clock.Elapsed;
    }

    /// <summary>Pauses a host (SIGSTOP).</summary>
    public async Task PauseAsync(int number)
    {
        Interlocked.Increment(ref _pauses);
        (await GetAsync(number)).Pause();
    }

    /// <summary>Resumes a paused host (SIGCONT).</summary>
    public async Task ContinueAsync(int number) => (await GetAsync(number)).Continue();

    public override string ToString() => $"{Kills} kills, {Stops} stops, {Pauses} pauses";

    /// <summary>Kills all hosts at once.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Task<ServerProcess> running in _running)
        {
            if (await running.ContinueWith(static t => t.IsCompletedSuccessfully ? t.Result : null, TaskScheduler.Default) is { } host)
            {
                await host.KillAsync();
                await host.DisposeAsync();
            }
        }
    }

    private async Task RestartAsync(int number, Func<ServerProcess, Task> end)
    {
        ServerProcess old = await GetAsync(number);
        var next = new TaskCompletionSource<ServerProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _running[number], next.Task);
        try
        {
            await end(old);
            await old.DisposeAsync();
            next.SetResult(await _launch(number));
        }
        catch (Exception e)
        {
            next.SetException(e);
            throw;
        }
    }
}
