using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace DurableSessions.LocalStorage;

/// <summary>
/// A data folder of Azurite, locked by one process at a time. Two Azurites on one folder would overwrite each other's metadata, so that a
/// new one starts only after the previous one has ended, also where the parent of that one was killed.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

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

    /// <summary>The account key of Azurite on this folder, in Base64.</summary>
    public string Key { get; private set; } = "";

    /// <summary>
    /// Locks the folder, waits for an earlier Azurite on it to end, and reads or makes its account key. Only the folder's owner has access
    /// to it afterwards.
    /// </summary>
    /// <exception cref="LocalStorageException">
    /// Another process has locked the folder, or the folder is not writable, or is one that all users share, such as <c>/tmp</c>.
    /// </exception>
    public static async Task<DataFolder> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            Create(path);
            FileStream fileLock = await FileLock.AcquireAsync(Path.Combine(path, "in-use.lock"), TimeSpan.FromSeconds(1), cancellationToken)
                ?? throw new LocalStorageException(
                    $"Another server uses the data in {path}. "
                    + "Stop it, or have both use one storage account through ConnectionStrings__Storage.");
            var folder = new DataFolder(path, fileLock);
            try
            {
                await folder.WaitForPreviousProcessAsync(cancellationToken);
                folder.Key = AccountKey.Ensure(path);
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

    /// <summary>Records in <c>azurite.pid</c> the process that uses the folder.</summary>
    public void RecordProcess(Process process) =>
        File.WriteAllText(
            _processFile, string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime.ToUniversalTime():O}"));

    public void Dispose() => _lock.Dispose();

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnerOnly);
        UnixFileMode mode = File.GetUnixFileMode(path);
        if (mode.HasFlag(UnixFileMode.StickyBit))
        {
            throw new LocalStorageException(
                $"All users of this machine share the folder {path}. Name one in Storage__Folder that holds nothing else.");
        }

        if (mode != OwnerOnly)
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }

    /// <summary>
    /// Waits for an Azurite whose parent was killed: it exits by itself. It is never killed here, since it may be saving writes that it has
    /// acknowledged.
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
                $"Azurite of an earlier run, process {last.Id}, still uses {Location} and has not ended within "
                + $"{AzuriteProcess.StopTimeout.TotalSeconds:0} seconds. Stop it with SIGTERM.");
        }
    }

    // In a container whose first process does not reap its children, an orphan that has ended stays in the process table.
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

            // The system reuses process ids, so the start time is compared too, with a tolerance for an adjusted clock.
            return (process.StartTime.ToUniversalTime() - started).Duration() < TimeSpan.FromSeconds(5) ? process : null;
        }
        catch (Exception e) when (e is IOException or ArgumentException or FormatException or IndexOutOfRangeException
            or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }
}
