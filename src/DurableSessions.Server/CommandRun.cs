using System.Runtime.InteropServices;
using Azure;
using DurableSessions.Core.Configuration;
using DurableSessions.Hosting;
using DurableSessions.LocalStorage;
using DurableSessions.Orchestration;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server;

/// <summary>Runs every command but <c>serve</c>: a signal cancels it, and an expected error is one line on standard error.</summary>
internal static class CommandRun
{
    /// <summary>The exit code of a command that could not do what was asked.</summary>
    public const int Failed = 1;

    private const int Interrupted = 130;

    /// <summary>
    /// Returns the exit code: that of <paramref name="run"/>, <see cref="Failed"/> after an expected error, or 130 when interrupted.
    /// </summary>
    /// <param name="run">What the command does; cancelled by SIGINT and SIGTERM.</param>
    /// <param name="isExpected">Which errors end as one line; all others are thrown.</param>
    /// <param name="cancellationToken">Interrupts it too.</param>
    /// <param name="error">Gets the line; <see langword="null"/>: standard error.</param>
    public static async Task<int> RunAsync(
        Func<CancellationToken, Task<int>> run, Func<Exception, bool> isExpected, CancellationToken cancellationToken,
        TextWriter? error = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using IDisposable interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using IDisposable terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await run(stop.Token);
        }
        catch (Exception e) when (isExpected(e))
        {
            // The SDK's own message lists the headers and the body of the answer.
            string message = e is RequestFailedException { Status: > 0 } refused
                ? $"Storage answered {refused.Status} {refused.ErrorCode}."
                : Shown.Line(e.Message.ReplaceLineEndings(" "));
            await (error ?? Console.Error).WriteLineAsync($"error: {message}");
            return Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return Interrupted;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>
    /// Whether a setting is invalid, or storage or the scheduler could not be reached as it is configured, or has failed.
    /// </summary>
    public static bool IsOfStorage(Exception e) =>
        e is StartException or SettingsException or LocalStorageException or RequestFailedException or AggregateException
            or OrchestrationUnavailableException or OrchestrationRefusedException;
}
