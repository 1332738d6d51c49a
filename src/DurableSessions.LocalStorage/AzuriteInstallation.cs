using System.Text.Json;

namespace DurableSessions.LocalStorage;

/// <summary>The Azurite that this repository pins in <c>infra/azurite</c>, installed from its lock file.</summary>
public sealed class AzuriteInstallation
{
    private const string InstalledLock = "node_modules/.package-lock.json";

    /// <summary>How long one waits for another process that is installing, and for the installation itself.</summary>
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(5);

    private AzuriteInstallation(string folder) => Folder = folder;

    /// <summary>The folder <c>infra/azurite</c> of the repository.</summary>
    public string Folder { get; }

    /// <summary>
    /// Finds <c>infra/azurite</c> above this program or above the current directory, and runs <c>npm ci</c> there unless what the
    /// lock file names is installed already. Any number of processes may do so at once: one installs, the others wait for it.
    /// </summary>
    /// <param name="progress">Told, in one line, what takes time.</param>
    /// <param name="cancellationToken">Stops the wait, and an installation that has begun.</param>
    /// <exception cref="LocalStorageException">There is no such folder, no Node.js, or <c>npm ci</c> failed.</exception>
    public static Task<AzuriteInstallation> EnsureAsync(Action<string>? progress = null, CancellationToken cancellationToken = default) =>
        EnsureAsync(FindFolder(), progress, cancellationToken);

    /// <summary>As the other overload, in a folder that has <c>package.json</c> and its lock file.</summary>
    internal static async Task<AzuriteInstallation> EnsureAsync(string folder, Action<string>? progress, CancellationToken cancellationToken)
    {
        await NodeCommand.RequireAsync("node", cancellationToken);
        if (!IsInstalled(folder))
        {
            progress?.Invoke("Installing Azurite, the local storage emulator (npm ci in infra/azurite; once, about 20 seconds)");
            using FileStream fileLock = await FileLock.AcquireAsync(Path.Combine(folder, ".install.lock"), InstallTimeout, cancellationToken)
                ?? throw new LocalStorageException($"Another process has been installing Azurite in {folder} for {InstallTimeout.TotalMinutes:0} minutes.");
            if (!IsInstalled(folder))
            {
                await InstallAsync(folder, cancellationToken);
            }
        }

        return new AzuriteInstallation(folder);
    }

    private static string FindFolder()
    {
        foreach (string start in (string[])[AppContext.BaseDirectory, Directory.GetCurrentDirectory()])
        {
            for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
            {
                string folder = Path.Combine(directory.FullName, "infra", "azurite");
                if (File.Exists(Path.Combine(folder, "package-lock.json")))
                {
                    return folder;
                }
            }
        }

        throw new LocalStorageException(
            "Local storage needs infra/azurite of the repository, which is neither above this program nor above the current directory.");
    }

    private static async Task InstallAsync(string folder, CancellationToken cancellationToken)
    {
        // No script of any package runs: Azurite needs none.
        string[] arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        NodeCommandResult result = await NodeCommand.RunAsync("npm", arguments, folder, InstallTimeout, cancellationToken);
        if (result.ExitCode != 0 || !IsInstalled(folder))
        {
            throw new LocalStorageException($"Azurite could not be installed: 'npm ci' in {folder} failed with exit code {result.ExitCode}: {result.FirstError}");
        }
    }

    // npm writes the lock of what it has installed last of all, so an installation that was cut off does not count.
    private static bool IsInstalled(string folder) =>
        VersionIn(Path.Combine(folder, InstalledLock)) is { } installed && installed == VersionIn(Path.Combine(folder, "package-lock.json"));

    private static string? VersionIn(string lockFile)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(lockFile));
            return document.RootElement.GetProperty("packages").GetProperty("node_modules/azurite").GetProperty("version").GetString();
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
