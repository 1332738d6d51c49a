using System.Diagnostics;
using DurableSessions.Testing;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>A process that tells in a line when it is ready, and is killed at the end.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(90);

    private readonly Process _process;

    private Child(Process process) => _process = process;

    /// <summary>Starts a program of .NET and waits for the line that begins so.</summary>
    /// <param name="arguments">The program, and its arguments.</param>
    /// <param name="environment">Settings.</param>
    /// <param name="ready">The beginning of the line.</param>
    /// <param name="onLine">Called with each line of its output and of its errors.</param>
    public static async Task<Child> StartAsync(
        IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string ready, Action<string> onLine)
    {
        var start = new ProcessStartInfo(ServerProcess.DotnetPath(), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        var isReady = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadAsync(process.StandardOutput);
        _ = ReadAsync(process.StandardError);
        var child = new Child(process);
        try
        {
            await isReady.Task.WaitAsync(s_startTimeout);
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }

        async Task ReadAsync(StreamReader lines)
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                if (line.StartsWith(ready, StringComparison.Ordinal))
                {
                    isReady.TrySetResult();
                }

                onLine(line);
            }

            isReady.TrySetException(new InvalidOperationException($"'{string.Join(' ', start.ArgumentList)}' has ended."));
            _ = isReady.Task.Exception;
        }
    }

    /// <summary>Kills it (SIGKILL), and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }
}
