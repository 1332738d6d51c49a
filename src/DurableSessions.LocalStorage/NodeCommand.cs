using System.ComponentModel;
using System.Diagnostics;

namespace DurableSessions.LocalStorage;

/// <summary>Runs <c>node</c> and <c>npm</c>.</summary>
internal static class NodeCommand
{
    private const int MaxOutputLines = 100;

    /// <summary>Checks that a command can be started.</summary>
    /// <exception cref="LocalStorageException">The command is not installed.</exception>
    public static async Task RequireAsync(string command, CancellationToken cancellationToken) =>
        await RunAsync(command, ["--version"], Directory.GetCurrentDirectory(), TimeSpan.FromSeconds(30), cancellationToken);

    /// <summary>Runs a command to its end; after <paramref name="timeout"/> the command and its children are killed.</summary>
    /// <exception cref="LocalStorageException">
    /// The command is not installed, or has not ended within <paramref name="timeout"/>.
    /// </exception>
    public static async Task<NodeCommandResult> RunAsync(
        string command, IReadOnlyList<string> arguments, string folder, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using Process process = Start(command, arguments, folder);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var lines = new LastLines(MaxOutputLines);
        try
        {
            process.StandardInput.Close();
            await Task.WhenAll(
                lines.ReadAsync(process.StandardError, limit.Token),
                lines.ReadAsync(process.StandardOutput, limit.Token),
                process.WaitForExitAsync(limit.Token));
            return new NodeCommandResult(process.ExitCode, lines.Snapshot());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new LocalStorageException(
                $"'{command} {string.Join(' ', arguments)}' has not ended within {timeout.TotalMinutes:0.#} minutes.");
        }
    }

    /// <summary>Starts the command with its three streams redirected.</summary>
    /// <exception cref="LocalStorageException">The command is not installed.</exception>
    public static Process Start(
        string command, IReadOnlyList<string> arguments, string folder, IReadOnlyDictionary<string, string>? environment = null)
    {
        string file = OperatingSystem.IsWindows() && command == "npm" ? "npm.cmd" : command;
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LocalStorageException(
                $"Local storage needs Node.js 20 or later with npm, and '{command}' cannot be started (is it on the PATH?). "
                + "Install it, or name a storage account in ConnectionStrings__Storage.",
                e);
        }
    }
}
