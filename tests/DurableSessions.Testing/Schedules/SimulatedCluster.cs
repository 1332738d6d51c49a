namespace DurableSessions.Testing;

/// <summary>Spike.</summary>
public sealed class SimulatedCluster : StorageFixture
{
    private readonly SimulatedStorage _storage;
    private readonly RequestGate _gate;
    private readonly SimulatedTime _time = new();

    private SimulatedCluster()
    {
        _storage = new SimulatedStorage(_time);
        _gate = new RequestGate(_storage);
    }

    /// <summary>Clock.</summary>
    public override TimeProvider Time => _time;

    /// <summary>Spike.</summary>
    public static async Task<int> RunAsync(int seed, Func<SimulatedCluster, Task> body)
    {
        var simulation = new SimulatedCluster();
        var random = new Random(seed);
        Task running = Task.Run(() => body(simulation));
        await OneThread.QuietAsync();
        while (!running.IsCompleted)
        {
            if (simulation._gate.Requests > 20_000 || simulation._time.GetUtcNow() > SimulatedTime.Start + TimeSpan.FromHours(1))
            {
                simulation._gate.Close();
                throw new InvalidOperationException($"No end: {simulation._gate.Requests} requests, {simulation._time.GetUtcNow() - SimulatedTime.Start}");
            }

            IReadOnlyList<HeldRequest> held = simulation._gate.Held;
            if (held.Count > 0)
            {
                simulation._gate.Release(random.Next(held.Count));
            }
            else if (!simulation._time.Advance())
            {
                simulation._gate.Close();
                throw new InvalidOperationException("Nothing moves.");
            }

            await OneThread.QuietAsync();
        }

        simulation._gate.Close();
        await running;
        return simulation._gate.Requests;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected override Task<StorageAccount> AccountAsync() =>
        Task.FromResult(new StorageAccount(SimulatedStorage.ConnectionString, _gate.Configure));
}
