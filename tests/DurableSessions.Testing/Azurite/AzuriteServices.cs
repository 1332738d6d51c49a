using System.Diagnostics;
using DurableSessions.LocalStorage;

namespace DurableSessions.Testing;

/// <summary>
/// A process with services of Azurite in memory, also those of queues and tables, which <see cref="AzuriteProcess"/> does not start.
/// It ends with this process: then its standard input is closed.
/// </summary>
internal sealed class AzuriteServices : IAsyncDisposable
{
    /// <summary>The longest from its start until it listens.</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private AzuriteServices(Process process) => _process = process;

    /// <summary>Its standard output. It stands still where that is not read.</summary>
    public StreamReader Output => _process.StandardOutput;

    /// <summary>Starts it; it need not listen yet.</summary>
    /// <param name="installation">The installed Azurite.</param>
    /// <param name="modules">The modules that it loads, in their order.</param>
    /// <param name="arguments">Azurite's own, beside those of one in memory.</param>
    /// <param name="accounts">Name and key of each account, as <c>AZURITE_ACCOUNTS</c> has them; where null, the emulator's own.</param>
    public static AzuriteServices Launch(
        AzuriteInstallation installation, IEnumerable<string> modules, IEnumerable<string> arguments, string? accounts = null)
    {
        string program = "process.argv.splice(1, 0, 'azurite'); process.stdin.on('end', () => process.exit()).resume(); "
            + string.Concat(modules.Select(static module => $"require('{module}'); "));
        var start = new ProcessStartInfo(
            "node",
            ["-e", program, "--", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", .. arguments])
        {
            WorkingDirectory = installation.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (accounts is not null)
        {
            start.Environment["AZURITE_ACCOUNTS"] = accounts;
        }

        return new AzuriteServices(Process.Start(start)!);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
