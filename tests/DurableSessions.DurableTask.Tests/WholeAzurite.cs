using System.Text.RegularExpressions;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// An Azurite with queues and tables, in memory, for all tests of the assembly; started by the first that asks for it. It ends with this
/// process: then its standard input is closed.
/// </summary>
public sealed partial class WholeAzurite : IAsyncDisposable
{
    private readonly Lazy<Task<(AzuriteServices Process, string Connection)>> _azurite = new(StartAsync);

    internal async Task<string> GetConnectionStringAsync() => (await _azurite.Value).Connection;

    public async ValueTask DisposeAsync()
    {
        if (_azurite.IsValueCreated)
        {
            await (await _azurite.Value).Process.DisposeAsync();
        }
    }

    private static async Task<(AzuriteServices Process, string Connection)> StartAsync()
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();
        var process = AzuriteServices.Launch(
            installation,
            ["azurite/dist/src/azurite.js"],
            ["--blobPort", "0", "--queuePort", "0", "--tablePort", "0", "--silent"]);
        Dictionary<string, string> urls = [];
        using var patience = new CancellationTokenSource(AzuriteServices.StartTimeout);
        while (urls.Count < 3)
        {
            string line = await process.Output.ReadLineAsync(patience.Token)
                ?? throw new InvalidOperationException("Azurite has ended.");
            if (ListeningLine().Match(line) is { Success: true } match)
            {
                urls[match.Groups[1].Value] = match.Groups[2].Value;
            }
        }

        _ = process.Output.ReadToEndAsync();
        return (
            process,
            AzuriteProcess.ConnectionStringFor(new Uri(urls["Blob"]).Port)
            + $"QueueEndpoint={urls["Queue"]}/devstoreaccount1;TableEndpoint={urls["Table"]}/devstoreaccount1;");
    }

    [GeneratedRegex(@"Azurite (\w+) service is successfully listening at (\S+)")]
    private static partial Regex ListeningLine();
}
