namespace DurableSessions.LocalStorage;

/// <summary>
/// Storage in a folder of this machine: Azurite, started again on the same port whenever it ends by itself, so that clients
/// need no new address.
/// </summary>
public sealed class LocalAzurite : IAsyncDisposable
{
    /// <summary>Restarts within one <see cref="RestartWindow"/> before it is given up.</summary>
    private const int MaxRestarts = 5;

    private static readonly TimeSpan RestartWindow = TimeSpan.FromMinutes(1);

    private readonly AzuriteInstallation _installation;
    private readonly DataFolder _folder;
    private readonly Action<string> _report;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private AzuriteProcess _process;

    private LocalAzurite(AzuriteInstallation installation, DataFolder folder, AzuriteProcess process, Action<string> report, TimeProvider time)
    {
        _installation = installation;
        _folder = folder;
        _process = process;
        _report = report;
        _time = time;
        ConnectionString = process.ConnectionString;
        Port = process.Port;
        Completion = SuperviseAsync();
    }

    /// <summary>Leads to its blob service, for as long as this object lives.</summary>
    public string ConnectionString { get; }

    /// <summary>The port on 127.0.0.1, the same after every restart.</summary>
    public int Port { get; }

    /// <summary>The process that runs at present.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>Where the data is.</summary>
    public string Location => _folder.Location;

    /// <summary>
    /// Completes when it is stopped; fails with a <see cref="LocalStorageException"/> when it could not be kept running.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Starts Azurite on a folder that no other process may use at the same time.</summary>
    /// <param name="installation">The installed Azurite.</param>
    /// <param name="folder">Created where it is missing.</param>
    /// <param name="report">Told, in one line, when it ended unexpectedly and when it runs again. May be called from any thread.</param>
    /// <param name="time">Measures how often it ends.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="LocalStorageException">Another process uses the folder, or Azurite does not start.</exception>
    public static async Task<LocalAzurite> StartAsync(
        AzuriteInstallation installation, string folder, Action<string> report, TimeProvider time, CancellationToken cancellationToken = default)
    {
        DataFolder dataFolder = await DataFolder.OpenAsync(Path.GetFullPath(folder), cancellationToken);
        try
        {
            AzuriteProcess process = await AzuriteProcess.StartOnFolderAsync(installation, dataFolder.Location, port: 0, dataFolder.RecordProcess, cancellationToken);
            return new LocalAzurite(installation, dataFolder, process, report, time);
        }
        catch
        {
            dataFolder.Dispose();
            throw;
        }
    }

    /// <summary>Has Azurite save everything and end, and lets go of the folder. Takes <see cref="AzuriteProcess.StopTimeout"/> at the most, twice.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _process.DisposeAsync();
        _folder.Dispose();
        _stopping.Dispose();
    }

    private async Task SuperviseAsync()
    {
        var restarts = new Queue<DateTimeOffset>();
        try
        {
            while (true)
            {
                int exitCode = await _process.Exited.WaitAsync(_stopping.Token);
                _report($"Azurite ended unexpectedly with exit code {exitCode}; starting it again on port {Port}. What it had not saved is lost.");
                AzuriteProcess next = await RestartAsync(restarts);
                AzuriteProcess last = _process;
                _process = next;
                await last.DisposeAsync();
                _report($"Azurite runs again on port {Port}.");
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task<AzuriteProcess> RestartAsync(Queue<DateTimeOffset> restarts)
    {
        for (int attempt = 1; ; attempt++)
        {
            RecordRestart(restarts);
            try
            {
                return await AzuriteProcess.StartOnFolderAsync(_installation, _folder.Location, Port, _folder.RecordProcess, _stopping.Token);
            }
            catch (LocalStorageException e) when (attempt < MaxRestarts)
            {
                _report(e.Message);
            }
        }
    }

    private void RecordRestart(Queue<DateTimeOffset> restarts)
    {
        DateTimeOffset now = _time.GetUtcNow();
        while (restarts.TryPeek(out DateTimeOffset oldest) && now - oldest > RestartWindow)
        {
            restarts.Dequeue();
        }

        if (restarts.Count == MaxRestarts)
        {
            throw new LocalStorageException($"Azurite ended {MaxRestarts + 1} times within {RestartWindow.TotalSeconds:0} seconds, last with: {string.Join(" | ", _process.Output.TakeLast(3))}");
        }

        restarts.Enqueue(now);
    }
}
