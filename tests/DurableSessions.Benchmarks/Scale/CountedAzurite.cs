using System.Globalization;
using System.Text.RegularExpressions;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>
/// An Azurite with blobs, queues and tables, in memory, each service a process, whose access logs are counted by account: whichever client
/// sends a request, and through whichever library, it is counted alike. It ends with this process.
/// </summary>
internal sealed partial class CountedAzurite : IAsyncDisposable
{
    // Of any account: it is known to this Azurite alone, and guards nothing.
    private const string Key = "c2NhbGU=";

    private static readonly string[] s_services = ["blob", "queue", "table"];

    private readonly Dictionary<string, Ledger> _ledgers;
    private readonly List<AzuriteServices> _processes = [];

    private CountedAzurite(Dictionary<string, Ledger> ledgers) => _ledgers = ledgers;

    public Ledger this[string account] => _ledgers[account];

    public static async Task<CountedAzurite> StartAsync(params string[] accounts)
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();
        Dictionary<string, int> ports = s_services.ToDictionary(static service => service, static _ => FreePort.Next());
        var azurite = new CountedAzurite(
            accounts.ToDictionary(static account => account, account => new Ledger(Connection(account, ports))));
        try
        {
            await Task.WhenAll(ports.Select(port => azurite.StartAsync(installation, port.Key, port.Value)));
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (AzuriteServices process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private static string Connection(string account, Dictionary<string, int> ports) =>
        $"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={Key};"
        + string.Concat(ports.Select(port => string.Create(
            CultureInfo.InvariantCulture,
            $"{char.ToUpperInvariant(port.Key[0])}{port.Key[1..]}Endpoint=http://127.0.0.1:{port.Value}/{account};")));

    private async Task StartAsync(AzuriteInstallation installation, string service, int port)
    {
        var process = AzuriteServices.Launch(
            installation,
            ["./loki.cjs", $"azurite/dist/src/{service}/main.js"],
            [$"--{service}Port", port.ToString(CultureInfo.InvariantCulture)],
            string.Join(';', _ledgers.Keys.Select(static account => $"{account}:{Key}")));
        lock (_processes)
        {
            _processes.Add(process);
        }

        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadAsync(process.Output, service, listening);
        await listening.Task.WaitAsync(AzuriteServices.StartTimeout);
    }

    private async Task ReadAsync(StreamReader output, string service, TaskCompletionSource listening)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (Request().Match(line) is { Success: true } match && _ledgers.TryGetValue(match.Groups["account"].Value, out Ledger? ledger))
            {
                string method = match.Groups["method"].Value;
                string path = match.Groups["path"].Value;
                bool finishes = service == "blob" && method == "DELETE" && match.Groups["status"].Value == "202"
                    && path.Contains("/segments/", StringComparison.Ordinal);
                ledger.Add(StorageCounts.OfRequest(service), finishes);
            }
            else if (line.Contains("successfully", StringComparison.Ordinal))
            {
                listening.TrySetResult();
            }
        }

        listening.TrySetException(new InvalidOperationException($"The {service} service of Azurite has ended."));
        _ = listening.Task.Exception;
    }

    // The path may have its slashes escaped.
    [GeneratedRegex("""
        "(?<method>[A-Z]+) /(?<account>[a-z0-9]+)(?<path>\S*) HTTP/1\.1" (?<status>\d+)
        """)]
    private static partial Regex Request();
}
