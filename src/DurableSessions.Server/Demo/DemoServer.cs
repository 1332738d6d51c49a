using System.Diagnostics;
using System.Reflection;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server.Demo;

/// <summary>This program, serving in a second process that the demo kills.</summary>
internal sealed class DemoServer : IAsyncDisposable
{
    private const int MaxLines = 20;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<Uri> _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _ended;

    private DemoServer(Process process)
    {
        _process = process;
        _ended = ReadToEndAsync();
    }

    public int ProcessId => _process.Id;

    public Uri Address => _serving.Task.Result;

    /// <exception cref="DemoException">It does not start.</exception>
    public static async Task<DemoServer> StartAsync(string storage, CancellationToken cancellationToken)
    {
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] assembly = isHost ? [Assembly.GetExecutingAssembly().Location] : [];
        string[] arguments = [.. assembly, "--urls", "http://127.0.0.1:0"];
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["ConnectionStrings__Storage"] = storage;
        start.Environment["Auth__Mode"] = "dev";
        start.Environment.Remove("Storage__Container");
        var server = new DemoServer(Process.Start(start)!);
        try
        {
            await server._serving.Task.WaitAsync(s_timeout, cancellationToken);
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            throw e is TimeoutException ? new DemoException($"The server does not serve after {s_timeout.TotalSeconds:0} seconds.") : e;
        }
    }

    /// <summary>SIGKILL: not an instruction more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _ended.WaitAsync(s_timeout);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _ended.WaitAsync(s_timeout);
        _process.Dispose();
    }

    private async Task ReadToEndAsync()
    {
        await Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        await _process.WaitForExitAsync();
        _serving.TrySetException(
            new DemoException($"The server ended with exit code {_process.ExitCode}: {string.Join(" | ", _lastLines)}"));

        // Observed here, since after a kill the demo no longer waits for the server to serve.
        _ = _serving.Task.Exception;
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Welcome.Serving, StringComparison.Ordinal))
            {
                _serving.TrySetResult(new Uri(line[Welcome.Serving.Length..]));
            }

            lock (_lastLines)
            {
                if (_lastLines.Count == MaxLines)
                {
                    _lastLines.Dequeue();
                }

                _lastLines.Enqueue(line);
            }
        }
    }
}
