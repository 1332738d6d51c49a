using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>
/// The programs that are killed. Those that are not built with these tests are in the folder that <c>DURABLE_SESSIONS_AZURE_PARTS</c>
/// names: <c>functions-host</c> and <c>task-hub</c>, which stand in for the Functions host and a scheduler, and the published <c>app</c>.
/// </summary>
internal static class KilledPrograms
{
    private const string Variable = "DURABLE_SESSIONS_AZURE_PARTS";

    private static string? Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : null;

    /// <summary>Skips the test where that folder is missing.</summary>
    public static void Require() =>
        Assert.SkipUnless(Folder is not null, $"{Variable} names no folder of stand-ins; tests/kills.sh builds one.");

    /// <summary>
    /// A container with a user's key: a Functions host forwards every request, and an app without keys answers none of these.
    /// </summary>
    public static async Task<(Dictionary<string, string> Settings, string Key)> PrepareAsync(AzuriteFixture azurite)
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        (string key, _) = await new KeyStore(container, TimeProvider.System).AddAsync("acme", "ann", CancellationToken.None);
        return (
            new Dictionary<string, string>
            {
                ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
                ["Storage__Container"] = container.Name,
                ["Limits__RequestsPerSecond"] = "10000",
                ["Limits__Burst"] = "10000",
            },
            key);
    }

    /// <summary>The server on a task hub.</summary>
    public static Task<ServerProcess> StartServerAsync(IReadOnlyDictionary<string, string> settings, Uri hub) =>
        ServerProcess.StartAsync(new Dictionary<string, string>(settings)
        {
            ["Engine"] = "DurableTask",
            ["ConnectionStrings__Scheduler"] = $"Endpoint={hub};Authentication=None;TaskHub=default",
        });

    /// <summary>The stand-in for the Functions host, which starts the app as its worker; the worker ends with it.</summary>
    public static Task<ServerProcess> StartFunctionsAsync(IReadOnlyDictionary<string, string> settings, Uri hub)
    {
        int port = FreePort.Next();
        return ServerProcess.StartProgramAsync(
            FunctionsProgram.Environment(new Dictionary<string, string>(settings) { ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development" }),
            FunctionsProgram.Arguments(PathOf("functions-host"), port, hub, Path.Combine(Folder!, "app")),
            new Uri($"http://127.0.0.1:{port}"),
            FunctionsProgram.Ready);
    }

    /// <summary>The process of the app that a stand-in for the Functions host has started.</summary>
    public static int WorkerOf(ServerProcess host) => Directory.EnumerateDirectories("/proc")
        .Select(static folder => int.TryParse(Path.GetFileName(folder), out int id) ? id : 0)
        .Single(id => id > 0 && ParentOf(id) == host.ProcessId);

    /// <summary>A task hub on Azure Storage, which may not answer yet.</summary>
    public static ServerProcess LaunchTaskHub(int port, string connection, string name) =>
        ServerProcess.LaunchProgram(new Dictionary<string, string>(), [PathOf("task-hub"), $"{port}", connection, name]);

    // Null: it has ended since it was listed.
    private static int? ParentOf(int processId)
    {
        try
        {
            // "id (name) state parent ...".
            string stat = File.ReadAllText($"/proc/{processId}/stat").Split(") ")[^1];
            return int.Parse(stat.Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string PathOf(string program) => Path.Combine(Folder!, program, $"{program}.dll");
}
