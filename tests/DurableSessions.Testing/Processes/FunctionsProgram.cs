namespace DurableSessions.Testing;

/// <summary>The stand-in for the Functions host, which starts the published app as its worker; the worker ends with it.</summary>
internal static class FunctionsProgram
{
    /// <summary>How the line of its output begins that says that the app serves.</summary>
    public const string Ready = "ready after";

    /// <summary>Its <c>.dll</c>, and its arguments.</summary>
    /// <param name="program">The <c>.dll</c>.</param>
    /// <param name="port">Where the app serves.</param>
    /// <param name="hub">The app's task hub.</param>
    /// <param name="app">The folder of the published app.</param>
    public static string[] Arguments(string program, int port, Uri hub, string app) =>
        [program, $"{FreePort.Next()}", $"{port}", $"{hub}", app];

    /// <summary>Its environment.</summary>
    /// <param name="settings">The app's.</param>
    public static Dictionary<string, string> Environment(IReadOnlyDictionary<string, string> settings) => new(settings)
    {
        // The worker ends with the thread that started it, one of the pool's: none of these may end.
        ["DOTNET_ThreadPool_ThreadsToKeepAlive"] = "-1",
    };
}
