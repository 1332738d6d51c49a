using System.Diagnostics;
using System.Text;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>A program of the deployment that has ended, with what it wrote, line by line.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Errors)
{
    /// <exception cref="TimeoutException">It did not end in time, and is killed with what it started.</exception>
    public static async Task<ProgramRun> OfAsync(
        string program,
        IEnumerable<string> arguments,
        TimeSpan atMost,
        IReadOnlyDictionary<string, string>? environment = null,
        Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = ReadAsync(process.StandardOutput, onLine);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(atMost);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new ProgramRun(process.ExitCode, await output, await errors);
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? onLine)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync() is { } line)
        {
            text.AppendLine(line);
            onLine?.Invoke(line);
        }

        return text.ToString();
    }
}
