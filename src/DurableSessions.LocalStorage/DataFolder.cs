using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace DurableSessions.LocalStorage;

/// <summary>
/// A folder of Azurite, held by one process at a time. Two Azurites on one folder would overwrite each other's metadata, so a
/// new one starts only after the last one's end, also where the process that had started it was killed.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _lock;
    private readonly string _processFile;

    private DataFolder(string path, FileStream fileLock)
    {
        Location = path;
        _lock = fileLock;
        _processFile = Path.Combine(path, "azurite.pid");
    }

    public string Location { get; }

    /// <exception cref="LocalStorageException">Another process holds the folder, or it cannot be written to.</exception>
    public static async Task<DataFolder> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            Directory.CreateDirectory(path);
            FileStream fileLock = await FileLock.AcquireAsync(Path.Combine(path, "in-use.lock"), TimeSpan.FromSeconds(1), cancellationToken)
                ?? throw new LocalStorageException($"Another server uses the data in {path}. Stop it, or have both use one storage account through ConnectionStrings__Storage.");
            var folder = new DataFolder(path, fileLock);
            try
            {
                await folder.WaitForPreviousProcessAsync(cancellationToken);
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalStorageException($"The data folder {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Notes which process is about to use the folder.</summary>
    public void RecordProcess(Process process) =>
        File.WriteAllText(_processFile, string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime.ToUniversalTime():O}"));

    public void Dispose() => _lock.Dispose();

    /// <summary>
    /// An Azurite whose parent was killed closes by itself, so it is only waited for. It is never killed here: it may be saving
    /// what it has acknowledged.
    /// </summary>
    private async Task WaitForPreviousProcessAsync(CancellationToken cancellationToken)
    {
        using Process? last = FindPreviousProcess();
        if (last is null)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AzuriteProcess.StopTimeout);
        try
        {
            while (!HasEnded(last))
            {
                await Task.Delay(PollInterval, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LocalStorageException(
                $"Azurite of an earlier run, process {last.Id}, still uses {Location} and has not ended within {AzuriteProcess.StopTimeout.TotalSeconds:0} seconds. Stop it with SIGTERM.");
        }
    }

    // An orphan that has ended stays in the process table where the first process of a container collects none.
    private static bool HasEnded(Process process)
    {
        if (process.HasExited)
        {
            return true;
        }

        try
        {
            return OperatingSystem.IsLinux() && File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[^1].StartsWith('Z');
        }
        catch (IOException)
        {
            return true;
        }
    }

    private Process? FindPreviousProcess()
    {
        try
        {
            string[] note = File.ReadAllText(_processFile).Split(' ');
            var process = Process.GetProcessById(int.Parse(note[0], CultureInfo.InvariantCulture));
            var started = DateTime.Parse(note[1], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

            // A process id comes back; the same id started at the same time does not. The system's clock may have been set a little.
            return (process.StartTime.ToUniversalTime() - started).Duration() < TimeSpan.FromSeconds(5) ? process : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or FormatException or IndexOutOfRangeException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }
}
