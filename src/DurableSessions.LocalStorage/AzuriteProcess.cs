using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace DurableSessions.LocalStorage;

/// <summary>
/// One running Azurite blob service. It ends with its parent process: then its standard input is closed, and it saves its data and exits.
/// It is killed only when it does not exit by itself, since a killed Azurite loses writes that it acknowledged.
/// </summary>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    /// <summary>The timeout of a start, until Azurite listens.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The timeout of a stop, until Azurite has saved its data and exited.</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(15);

    // Published by Microsoft for the emulator; not a secret.
    private const string AccountName = "devstoreaccount1";
    private const string PublishedKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Process _process;
    private readonly string _key;
    private readonly LastLines _output = new(50);
    private readonly TaskCompletionSource<int> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _disposed;

    private AzuriteProcess(Process process, string key)
    {
        _process = process;
        _key = key;
        ProcessId = process.Id;
        Exited = ReadUntilExitAsync();
    }

    /// <summary>The id of the process.</summary>
    public int ProcessId { get; }

    /// <summary>The port on 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>The connection string of its blob service.</summary>
    public string ConnectionString => ConnectionStringFor(Port, _key);

    /// <summary>Completes with the exit code when the process has ended, also after a crash.</summary>
    public Task<int> Exited { get; }

    /// <summary>The last lines of its output, at most 50, oldest first.</summary>
    public IReadOnlyList<string> Output => _output.Snapshot();

    /// <summary>The connection string of the blob service of an Azurite on 127.0.0.1.</summary>
    /// <param name="port">Its port.</param>
    /// <param name="key">Its account key in Base64; the published one of the emulator, where null, which is that of one in memory.</param>
    public static string ConnectionStringFor(int port, string? key = null) => string.Create(
        CultureInfo.InvariantCulture,
        $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={key ?? PublishedKey};"
        + $"BlobEndpoint=http://127.0.0.1:{port}/{AccountName};");

    /// <summary>Starts an Azurite that keeps its data in memory, on a free port.</summary>
    /// <exception cref="LocalStorageException">Azurite does not start within <see cref="StartTimeout"/>.</exception>
    public static Task<AzuriteProcess> StartInMemoryAsync(AzuriteInstallation installation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(installation);
        return StartAsync(installation, ["--inMemoryPersistence"], PublishedKey, port: 0, onStarted: null, cancellationToken);
    }

    /// <summary>Starts Azurite on a folder that no other process uses. <see cref="LocalAzurite"/> guarantees that.</summary>
    /// <param name="installation">The installed Azurite.</param>
    /// <param name="folder">The folder of its data.</param>
    /// <param name="key">The account key, in Base64.</param>
    /// <param name="port">The port, or 0 for a free one.</param>
    /// <param name="onStarted">Called with the process before it opens the folder.</param>
    /// <param name="cancellationToken">Cancels the start; the process is stopped.</param>
    /// <exception cref="LocalStorageException">Azurite does not start within <see cref="StartTimeout"/>.</exception>
    internal static Task<AzuriteProcess> StartOnFolderAsync(
        AzuriteInstallation installation,
        string folder,
        string key,
        int port,
        Action<Process> onStarted,
        CancellationToken cancellationToken) =>
        StartAsync(installation, ["--location", folder], key, port, onStarted, cancellationToken);

    /// <summary>Stops Azurite, which saves its data first; kills it after <see cref="StopTimeout"/>.</summary>
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
        AzuriteInstallation installation,
        string[] persistence,
        string key,
        int port,
        Action<Process>? onStarted,
        CancellationToken cancellationToken)
    {
        // A request's garbage outlives the semi-space that Node.js starts with (16 MiB): a fifth of Azurite's time went into copying it.
        string[] arguments =
        [
            "--max-semi-space-size=64", Path.Combine(installation.Folder, "start.cjs"), "--blobHost", "127.0.0.1",
            "--blobPort", port.ToString(CultureInfo.InvariantCulture), "--disableTelemetry", "--silent", .. persistence,
        ];

        // In the environment: other users of the machine see the arguments of a process.
        var environment = new Dictionary<string, string> { ["AZURITE_ACCOUNTS"] = $"{AccountName}:{key}" };
        var azurite = new AzuriteProcess(NodeCommand.Start("node", arguments, installation.Folder, environment), key);
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
            // The process has ended already; the wait for the listening line throws with its output.
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
            // The process has ended already.
        }
    }

    private async Task<int> ReadUntilExitAsync()
    {
        await Task.WhenAll(_output.ReadAsync(_process.StandardError), ReadOutputAsync());
        await _process.WaitForExitAsync();
        _listening.TrySetException(new LocalStorageException(
            $"Azurite ended with exit code {_process.ExitCode} instead of listening: "
            + $"{string.Join(" | ", _output.Snapshot().TakeLast(3))}"));
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
