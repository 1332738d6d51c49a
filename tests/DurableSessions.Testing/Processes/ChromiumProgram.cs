namespace DurableSessions.Testing;

/// <summary>The machine's own Chromium, or the program that <c>DURABLE_SESSIONS_CHROMIUM</c> names.</summary>
public static class ChromiumProgram
{
    private const string Variable = "DURABLE_SESSIONS_CHROMIUM";

    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    /// <summary>Its path. Skips the test where the machine has none.</summary>
    public static string RequirePath()
    {
        string? path = Find();
        Assert.SkipUnless(
            path is not null,
            $"This machine has no Chromium: none of {string.Join(", ", s_names)} is in PATH, and {Variable} names no other.");
        return path!;
    }

    private static string? Find() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
        ? named
        : (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .SelectMany(static folder => s_names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
}
