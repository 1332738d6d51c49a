namespace DurableSessions.LocalStorage;

/// <summary>A file that one process at a time can hold open. The system lets go of it when the process ends, in whatever way.</summary>
internal static class FileLock
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>The open file, to be disposed of; <see langword="null"/> where somebody else held it all the time.</summary>
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
