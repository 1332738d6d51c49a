using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DurableSessions.LocalStorage;

/// <summary>
/// One running Azurite blob service. It ends with the process that started it: its standard input ends then, and it closes
/// cleanly by itself. It is killed only when it does not close, for a killed Azurite forgets writes that it acknowledged.
/// </summary>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    /// <summary>The longest wait for it to listen.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait for it to save everything and to end.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    // Published by Microsoft for the emulator; not a secret.
    private const string AccountName = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Process _process;
    private readonly LastLines _output = new(50);
    private readonly TaskCompletionSource<int> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _disposed;

    private AzuriteProcess(Process process)
    {
        _process = process;
        ProcessId = process.Id;
        Exited = ReadUntilExitAsync();
    }

    /// <summary>The system's id of the process.</summary>
    public int ProcessId { get; }

    /// <summary>The port on 127.0.0.1 that it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>Leads to its blob service.</summary>
    public string ConnectionString => ConnectionStringFor(Port);

    /// <summary>Completes with the exit code when it has ended, in whatever way.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last lines that it wrote, oldest first.</summary>
    public IReadOnlyList<string> Output => _output.Snapshot();

    /// <summary>Leads to the blob service of any Azurite on 127.0.0.1.</summary>
    public static string ConnectionStringFor(int port) => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={AccountKey};BlobEndpoint=http://127.0.0.1:{port}/{AccountName};");

    /// <summary>Starts Azurite that keeps everything in memory, on a free port.</summary>
    /// <exception cref="LocalStorageException">It does not start.</exception>
    public static Task<AzuriteProcess> StartInMemoryAsync(AzuriteInstallation installation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(installation);
        return StartAsync(installation, ["--inMemoryPersistence"], port: 0, onStarted: null, cancellationToken);
    }

    /// <summary>Starts Azurite on a folder that nobody else uses: <see cref="LocalAzurite"/> sees to that.</summary>
    /// <param name="installation">The installed Azurite.</param>
    /// <param name="folder">Where it keeps its data.</param>
    /// <param name="port">The port, or 0 for a free one.</param>
    /// <param name="onStarted">Called with the process before it opens the folder.</param>
    /// <param name="cancellationToken">Stops the wait, and ends it.</param>
    /// <exception cref="LocalStorageException">It does not start.</exception>
    internal static Task<AzuriteProcess> StartOnFolderAsync(
        AzuriteInstallation installation, string folder, int port, Action<Process> onStarted, CancellationToken cancellationToken) =>
        StartAsync(installation, ["--location", folder], port, onStarted, cancellationToken);

    /// <summary>Has it save everything and end; kills it when it has not within <see cref="StopTimeout"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        CloseInput();
        try
        {
            await Exited.WaitAsync(StopTimeout);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Exited.WaitAsync(StopTimeout);
        }

        _process.Dispose();
    }

    private static async Task<AzuriteProcess> StartAsync(
        AzuriteInstallation installation, string[] persistence, int port, Action<Process>? onStarted, CancellationToken cancellationToken)
    {
        string[] arguments =
        [
            Path.Combine(installation.Folder, "start.cjs"), "--blobHost", "127.0.0.1", "--blobPort", port.ToString(CultureInfo.InvariantCulture),
            "--disableTelemetry", "--silent", .. persistence,
        ];
        var azurite = new AzuriteProcess(NodeCommand.Start("node", arguments, installation.Folder));
        try
        {
            onStarted?.Invoke(azurite._process);
            await azurite.SignalStartAsync();
            azurite.Port = await azurite._listening.Task.WaitAsync(StartTimeout, cancellationToken);
            return azurite;
        }
        catch (Exception e)
        {
            await azurite.DisposeAsync();
            if (e is TimeoutException)
            {
                throw new LocalStorageException($"Azurite does not listen after {StartTimeout.TotalSeconds:0} seconds.");
            }

            throw;
        }
    }

    private async Task SignalStartAsync()
    {
        try
        {
            await _process.StandardInput.WriteLineAsync("go");
        }
        catch (IOException)
        {
            // It has ended already; what it said is told by whoever waits for it to listen.
        }
    }

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    private async Task<int> ReadUntilExitAsync()
    {
        await Task.WhenAll(_output.ReadAsync(_process.StandardError), ReadOutputAsync());
        await _process.WaitForExitAsync();
        _listening.TrySetException(new LocalStorageException(
            $"Azurite ended with exit code {_process.ExitCode} instead of listening: {string.Join(" | ", _output.Snapshot().TakeLast(3))}"));
        return _process.ExitCode;
    }

    private async Task ReadOutputAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _output.Add(line);
            if (ListeningLine().Match(line) is { Success: true } match)
            {
                _listening.TrySetResult(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
            }
        }
    }

    [GeneratedRegex(@"listens on http://\S+:(\d+)")]
    private static partial Regex ListeningLine();
}
