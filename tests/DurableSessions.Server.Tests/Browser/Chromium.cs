using System.Diagnostics;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>
/// One headless browser for a test assembly, started by the first test that asks for a tab. Every name that ends in <c>.example</c> is
/// 127.0.0.1 for it. What it does by itself to protect servers in local networks is off: the tests are about what the server does.
/// </summary>
/// <remarks>
/// It is the machine's own Chromium, or the program that <c>DURABLE_SESSIONS_CHROMIUM</c> names, steered by the DevTools protocol. Of the
/// libraries for that, Playwright brings a driver of 136 MB, and PuppeteerSharp a version of a package that not every registry has.
/// </remarks>
public sealed class Chromium : IAsyncLifetime
{
    private const string Listening = "DevTools listening on ";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly Lazy<Task<DevTools>> _tools;
    private readonly ProcessOutput _errors = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TemporaryFolder? _profile;
    private Process? _process;
    private Task _ended = Task.CompletedTask;

    public Chromium() => _tools = new Lazy<Task<DevTools>>(StartAsync);

    /// <summary>A tab of its own, with cookies and caches of its own. Skips the test where the machine has no Chromium.</summary>
    internal async Task<Tab> OpenTabAsync()
    {
        ChromiumProgram.RequirePath();
        return await Tab.OpenAsync(await _tools.Value);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_tools.IsValueCreated && _tools.Value.IsCompletedSuccessfully)
        {
            await (await _tools.Value).DisposeAsync();
        }

        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(s_timeout);
            await _ended.WaitAsync(s_timeout);
            _process.Dispose();
        }

        _profile?.Dispose();
    }

    private async Task<DevTools> StartAsync()
    {
        _profile = new TemporaryFolder();
        string[] arguments =
        [
            "--headless=new", $"--user-data-dir={_profile.Path}", "--remote-debugging-port=0",
            "--window-size=1280,2400",
            "--host-resolver-rules=MAP *.example 127.0.0.1", "--no-proxy-server",

            // It shows pages of these tests alone, where containers often allow no sandbox.
            "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",

            // All frames of a tab are in one process, whose events are the tab's.
            "--disable-site-isolation-trials",
            "--disable-features=IsolateOrigins,site-per-process,LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,"
                + "HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
            "about:blank",
        ];
        _process = Process.Start(
            new ProcessStartInfo(ChromiumProgram.RequirePath(), arguments)
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
        _ended = ReadToEndAsync();
        return await DevTools.ConnectAsync(await _listening.Task.WaitAsync(s_timeout));
    }

    private async Task ReadToEndAsync()
    {
        await Task.WhenAll(_errors.ReadAsync(_process!.StandardError, TakeLine), _errors.ReadAsync(_process.StandardOutput));
        _listening.TrySetException(new InvalidOperationException($"The browser has ended instead of listening:\n{_errors}"));
        _ = _listening.Task.Exception;
    }

    private void TakeLine(string line)
    {
        if (line.StartsWith(Listening, StringComparison.Ordinal))
        {
            _listening.TrySetResult(new Uri(line[Listening.Length..]));
        }
    }
}
