using System.Diagnostics;
using System.Text.RegularExpressions;
using DurableSessions.LocalStorage;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// An Azurite with queues and tables, in memory, for all tests of the assembly; started by the first that asks for it. It ends with this
/// process: then its standard input is closed.
/// </summary>
public sealed partial class WholeAzurite : IAsyncDisposable
{
    private const string Program =
        "process.argv.splice(1, 0, 'azurite'); process.stdin.on('end', () => process.exit()).resume(); "
        + "require('azurite/dist/src/azurite.js');";

    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);

    private readonly Lazy<Task<(Process Process, string Connection)>> _azurite = new(StartAsync);

    internal async Task<string> GetConnectionStringAsync() => (await _azurite.Value).Connection;

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated)
        {
            using Process process = (await _azurite.Value).Process;
            process.StandardInput.Close();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<(Process Process, string Connection)> StartAsync()
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();
        Process process = Process.Start(new ProcessStartInfo(
            "node",
            [
                "-e", Program, "--", "--inMemoryPersistence", "--blobPort", "0", "--queuePort", "0", "--tablePort", "0",
                "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            ])
        {
            WorkingDirectory = installation.Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Dictionary<string, string> urls = [];
        using var patience = new CancellationTokenSource(s_startTimeout);
        while (urls.Count < 3)
        {
            string line = await process.StandardOutput.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException("Azurite has ended.");
            if (ListeningLine().Match(line) is { Success: true } match)
            {
                urls[match.Groups[1].Value] = match.Groups[2].Value;
            }
        }

        _ = process.StandardOutput.ReadToEndAsync();
        return (
            process,
            AzuriteProcess.ConnectionStringFor(new Uri(urls["Blob"]).Port)
            + $"QueueEndpoint={urls["Queue"]}/devstoreaccount1;TableEndpoint={urls["Table"]}/devstoreaccount1;");
    }

    [GeneratedRegex(@"Azurite (\w+) service is successfully listening at (\S+)")]
    private static partial Regex ListeningLine();
}
