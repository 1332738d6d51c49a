namespace DurableSessions.LocalStorage;

/// <summary>How a command of Node.js ended.</summary>
/// <param name="ExitCode">The exit code; 0 means success.</param>
/// <param name="Lines">The last lines that it wrote, at most 100, oldest first.</param>
internal sealed record NodeCommandResult(int ExitCode, IReadOnlyList<string> Lines)
{
    /// <summary>The first line that npm marks as an error, which names the cause.</summary>
    public string FirstError =>
        Lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase))
        ?? (Lines is [string first, ..] ? first : "no output");
}
