using System.Text.Json;

namespace DurableSessions.LocalStorage;

/// <summary>The Azurite that this repository pins in <c>infra/azurite</c>, installed from its lock file.</summary>
public sealed class AzuriteInstallation
{
    /// <summary>A file beside a program that was built in a clone: the path of the clone's <c>infra/azurite</c>.</summary>
    private const string Pointer = "azurite.path";

    private const string InstalledLock = "node_modules/.package-lock.json";

    /// <summary>The timeout of an installation, and of the wait for the installation by another process.</summary>
    private static readonly TimeSpan InstallTimeout = TimeSpan.FromMinutes(5);

    private AzuriteInstallation(string folder) => Folder = folder;

    /// <summary>The folder <c>infra/azurite</c> of the repository.</summary>
    public string Folder { get; }

    /// <summary>
    /// Finds <c>infra/azurite</c> by what is beside this program, and runs <c>npm ci</c> there unless what the lock file names is installed
    /// already. No other folder counts: what it holds is executed, and the right to write to the program's folder is the right
    /// to change the program. Any number of processes may call it at once: one installs, the others wait for it.
    /// </summary>
    /// <param name="progress">Called with one line before an installation.</param>
    /// <param name="cancellationToken">Cancels the wait, and a running installation.</param>
    /// <exception cref="LocalStorageException">
    /// The folder or Node.js is missing, <c>npm ci</c> failed, or 5 minutes have passed.
    /// </exception>
    public static Task<AzuriteInstallation> EnsureAsync(Action<string>? progress = null, CancellationToken cancellationToken = default) =>
        EnsureAsync(FindFolder(AppContext.BaseDirectory), progress, cancellationToken);

    /// <summary>Installs Azurite in a folder that has <c>package.json</c> and its lock file.</summary>
    internal static async Task<AzuriteInstallation> EnsureAsync(
        string folder, Action<string>? progress, CancellationToken cancellationToken)
    {
        await NodeCommand.RequireAsync("node", cancellationToken);
        if (!IsInstalled(folder))
        {
            progress?.Invoke("Installing Azurite, the local storage emulator (npm ci in infra/azurite; once, about 10 seconds)");
            string lockFile = Path.Combine(folder, ".install.lock");
            using FileStream fileLock = await FileLock.AcquireAsync(lockFile, InstallTimeout, cancellationToken)
                ?? throw new LocalStorageException(
                    $"Another process has been installing Azurite in {folder} for {InstallTimeout.TotalMinutes:0} minutes.");
            if (!IsInstalled(folder))
            {
                await InstallAsync(folder, cancellationToken);
            }
        }

        return new AzuriteInstallation(folder);
    }

    /// <summary>
    /// The folder <c>infra/azurite</c> in the program's folder, else the one that the file <c>azurite.path</c> in it names, which a build
    /// writes and a publish leaves out.
    /// </summary>
    /// <param name="program">The program's folder.</param>
    /// <exception cref="LocalStorageException">There is neither.</exception>
    internal static string FindFolder(string program)
    {
        string pointer = Path.Combine(program, Pointer);
        string?[] folders = [Path.Combine(program, "infra", "azurite"), File.Exists(pointer) ? File.ReadAllText(pointer).Trim() : null];
        return Array.Find(folders, static folder => folder is not null && File.Exists(Path.Combine(folder, "package-lock.json")))
            ?? throw new LocalStorageException(
                $"Local storage needs the repository's infra/azurite in {program}, which a program that runs from a clone finds by itself. "
                + "Copy it there, or name a storage account in ConnectionStrings__Storage.");
    }

    private static async Task InstallAsync(string folder, CancellationToken cancellationToken)
    {
        // Without the install scripts of packages: Azurite needs none.
        string[] arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        NodeCommandResult result = await NodeCommand.RunAsync("npm", arguments, folder, InstallTimeout, cancellationToken);
        if (result.ExitCode != 0 || !IsInstalled(folder))
        {
            throw new LocalStorageException(
                $"Azurite could not be installed: 'npm ci' in {folder} failed with exit code {result.ExitCode}: {result.FirstError}");
        }
    }

    // npm writes the lock file of node_modules last, so that an interrupted installation does not count as installed.
    private static bool IsInstalled(string folder) =>
        VersionIn(Path.Combine(folder, InstalledLock)) is { } installed
        && installed == VersionIn(Path.Combine(folder, "package-lock.json"));

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
