namespace DurableSessions.LocalStorage;

/// <summary>A lock file that one process at a time can open. The system closes it when the process ends, also after a crash.</summary>
internal static class FileLock
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens the file; disposing of it releases the lock.</summary>
    /// <returns>The file; <see langword="null"/> where another process had it open for all of <paramref name="timeout"/>.</returns>
    public static async Task<FileStream?> AcquireAsync(string path, TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (TimeSpan waited = TimeSpan.Zero; ; waited += PollInterval)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
            {
                if (waited >= timeout)
                {
                    return null;
                }
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }
}
