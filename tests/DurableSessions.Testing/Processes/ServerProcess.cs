using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using DurableSessions.LocalStorage;

namespace DurableSessions.Testing;

/// <summary>
/// The real server in a process of its own, to be killed, stopped and paused. A test project that uses it refers to
/// <c>DurableSessions.Server</c>, which puts the program beside the tests.
/// </summary>
public sealed partial class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Func<string, Uri?> _findAddress;
    private readonly ProcessOutput _output = new();
    private readonly ProcessOutput _errors = new();
    private readonly TaskCompletionSource<Uri> _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _ended;

    private ServerProcess(Process process, Func<string, Uri?> findAddress)
    {
        _process = process;
        _findAddress = findAddress;
        _ended = ReadToEndAsync();
    }

    /// <summary>Where it serves.</summary>
    public Uri Address => _serving.Task.Result;

    /// <summary>Sends requests to it. Each request takes 60 seconds at the most.</summary>
    public HttpClient Client { get; } = new() { Timeout = s_timeout };

    public int ProcessId => _process.Id;

    /// <summary>What it has written to its standard output so far.</summary>
    public string Output => _output.ToString();

    /// <summary>What it has written to its standard error so far.</summary>
    public string Errors => _errors.ToString();

    /// <summary>The port of its local Azurite.</summary>
    public int AzuritePort => int.Parse(AzuriteLine().Match(Output).Groups[1].Value, CultureInfo.InvariantCulture);

    /// <summary>Starts the server on a free port and waits until it serves.</summary>
    /// <param name="environment">Settings, such as <c>ConnectionStrings__Storage</c> or <c>Storage__Folder</c>.</param>
    /// <param name="urls">Where it listens; the first is its address.</param>
    public static async Task<ServerProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment, string urls = "http://127.0.0.1:0") =>
        await ServingAsync(await LaunchAsync(environment, ["--urls", urls]));

    /// <summary>Starts another program that serves the same routes, and waits until it does.</summary>
    /// <param name="environment">Its settings.</param>
    /// <param name="arguments">The program's <c>.dll</c>, and its arguments.</param>
    /// <param name="address">Where it serves.</param>
    /// <param name="serving">How the line of its output begins that says so.</param>
    internal static async Task<ServerProcess> StartProgramAsync(
        IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, Uri address, string serving) =>
        await ServingAsync(
            Launch(environment, arguments, line => line.StartsWith(serving, StringComparison.Ordinal) ? address : null));

    /// <summary>Starts a program that does not say where it serves.</summary>
    /// <param name="environment">Its settings.</param>
    /// <param name="arguments">The program's <c>.dll</c>, and its arguments.</param>
    internal static ServerProcess LaunchProgram(IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments) =>
        Launch(environment, arguments, static _ => null);

    private static async Task<ServerProcess> ServingAsync(ServerProcess server)
    {
        try
        {
            server.Client.BaseAddress = await server._serving.Task.WaitAsync(s_timeout);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the program to its end, where it is expected to have one. Its exit code and what it wrote.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using ServerProcess server = await LaunchAsync(environment, arguments);
        return (await server.WaitForExitAsync(), server.Output, server.Errors);
    }

    /// <summary>Kills it (SIGKILL) and waits until it is gone. What it started is not killed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(s_timeout);
    }

    /// <summary>Asks it to stop (SIGTERM) and waits until it has. Its exit code.</summary>
    public Task<int> TerminateAsync() => SignalAsync(Signal.Terminate);

    /// <summary>Sends a signal that ends it and waits until it has ended. Its exit code.</summary>
    public async Task<int> SignalAsync(int signal)
    {
        Signal.Send(ProcessId, signal);
        return await WaitForExitAsync();
    }

    /// <summary>Waits until it has ended by itself. Its exit code.</summary>
    public async Task<int> WaitForExitAsync()
    {
        await _ended.WaitAsync(s_timeout);
        return _process.ExitCode;
    }

    /// <summary>Has it stand still, as a machine that stalls (SIGSTOP).</summary>
    public void Pause() => Signal.Send(ProcessId, Signal.Stop);

    /// <summary>Has it go on (SIGCONT).</summary>
    public void Continue() => Signal.Send(ProcessId, Signal.Continue);

    /// <summary>Ends the process in any state.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Continue();
            Signal.Send(ProcessId, Signal.Terminate);
            try
            {
                await _ended.WaitAsync(s_timeout);
            }
            catch (TimeoutException)
            {
                _process.Kill();
            }
        }

        await _ended.WaitAsync(s_timeout);
        Client.Dispose();
        _process.Dispose();
    }

    private static async Task<ServerProcess> LaunchAsync(IReadOnlyDictionary<string, string> environment, string[] arguments)
    {
        // In a fresh clone a server on local storage would install Azurite first, and take minutes for it beside other work. The
        // installation has a bound of its own.
        await AzuriteInstallation.EnsureAsync();
        return Launch(
            environment,
            [Path.Combine(AppContext.BaseDirectory, "DurableSessions.Server.dll"), .. arguments],
            static line => ServingLine().Match(line) is { Success: true } match ? new Uri(match.Groups[1].Value) : null);
    }

    private static ServerProcess Launch(
        IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, Func<string, Uri?> findAddress)
    {
        var start = new ProcessStartInfo(DotnetPath(), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] all = ["ConnectionStrings__Storage", "Storage__Container", "Storage__Folder", "Auth__Mode", "ASPNETCORE_URLS"];
        foreach (string inherited in all)
        {
            start.Environment.Remove(inherited);
        }

        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(Process.Start(start)!, findAddress);
    }

    // Not from the PATH, which a test may change: the one that runs this test.
    internal static string DotnetPath() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet"));

    private async Task ReadToEndAsync()
    {
        await Task.WhenAll(
            _errors.ReadAsync(_process.StandardError),
            _output.ReadAsync(_process.StandardOutput, line =>
            {
                if (_findAddress(line) is { } address)
                {
                    _serving.TrySetResult(address);
                }
            }));
        await _process.WaitForExitAsync();
        _serving.TrySetException(
            new InvalidOperationException($"The server ended with exit code {_process.ExitCode} instead of serving:\n{Output}{Errors}"));
        _ = _serving.Task.Exception;
    }

    [GeneratedRegex(@"^Serving on (\S+)")]
    private static partial Regex ServingLine();

    [GeneratedRegex(@"Azurite on port (\d+)")]
    private static partial Regex AzuriteLine();
}
