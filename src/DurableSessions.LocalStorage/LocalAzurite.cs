namespace DurableSessions.LocalStorage;

/// <summary>
/// Storage in a folder of this machine: Azurite, which is restarted on the same port when it ends unexpectedly, so that clients keep its
/// address.
/// </summary>
public sealed class LocalAzurite : IAsyncDisposable
{
    /// <summary>The most restarts within <see cref="RestartWindow"/>; one more fails <see cref="Completion"/>.</summary>
    private const int MaxRestarts = 5;

    private static readonly TimeSpan RestartWindow = TimeSpan.FromMinutes(1);

    private readonly AzuriteInstallation _installation;
    private readonly DataFolder _folder;
    private readonly Action<string> _report;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private AzuriteProcess _process;

    private LocalAzurite(
        AzuriteInstallation installation, DataFolder folder, AzuriteProcess process, Action<string> report, TimeProvider time)
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

    /// <summary>The connection string of its blob service, the same after every restart.</summary>
    public string ConnectionString { get; }

    /// <summary>The port on 127.0.0.1, the same after every restart.</summary>
    public int Port { get; }

    /// <summary>The id of the present process.</summary>
    public int ProcessId => _process.ProcessId;

    /// <summary>The folder of the data.</summary>
    public string Location => _folder.Location;

    /// <summary>
    /// Completes when this object is disposed; fails with a <see cref="LocalStorageException"/> when Azurite cannot be restarted.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Starts Azurite on a folder that no other process may use at the same time.</summary>
    /// <param name="installation">The installed Azurite.</param>
    /// <param name="folder">The folder of the data; created if it does not exist.</param>
    /// <param name="report">Called with one line after an unexpected end and after a restart, from any thread.</param>
    /// <param name="time">The clock that counts restarts.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="LocalStorageException">Another process uses the folder, or Azurite does not start.</exception>
    public static async Task<LocalAzurite> StartAsync(
        AzuriteInstallation installation,
        string folder,
        Action<string> report,
        TimeProvider time,
        CancellationToken cancellationToken = default)
    {
        DataFolder dataFolder = await DataFolder.OpenAsync(Path.GetFullPath(folder), cancellationToken);
        try
        {
            AzuriteProcess process = await AzuriteProcess.StartOnFolderAsync(
                installation, dataFolder.Location, dataFolder.Key, port: 0, dataFolder.RecordProcess, cancellationToken);
            return new LocalAzurite(installation, dataFolder, process, report, time);
        }
        catch
        {
            dataFolder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Stops Azurite, which saves its data, and unlocks the folder. Takes at most twice <see cref="AzuriteProcess.StopTimeout"/>.
    /// </summary>
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
                _report(
                    $"Azurite ended unexpectedly with exit code {exitCode}; starting it again on port {Port}. "
                    + "Writes that it had not saved are lost.");
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
                return await AzuriteProcess.StartOnFolderAsync(
                    _installation, _folder.Location, _folder.Key, Port, _folder.RecordProcess, _stopping.Token);
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
            throw new LocalStorageException(
                $"Azurite ended {MaxRestarts + 1} times within {RestartWindow.TotalSeconds:0} seconds, last with: "
                + $"{string.Join(" | ", _process.Output.TakeLast(3))}");
        }

        restarts.Enqueue(now);
    }
}
