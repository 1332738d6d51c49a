using System.Net;
using System.Runtime.Versioning;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>The hooks of azd, with a server in the place of the app.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class HookTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(120);

    private readonly Dictionary<string, string> _environment = new()
    {
        ["ALLOWED_IPS"] = "203.0.113.7",
        ["DURABLE_SESSIONS_SERVER"] = $"dotnet {Path.Combine(AppContext.BaseDirectory, "DurableSessions.Server.dll")}",
        ["SMOKE_PAUSE"] = "1",
        ["FIRST_KEY_PAUSE"] = "1",
    };

    [Fact]
    public async Task A_first_deployment_has_a_key_a_server_that_starts_and_a_commit_that_completes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The hooks are for a POSIX shell.");
        string folder = Directory.CreateTempSubdirectory("durable-sessions-hooks-").FullName;
        string file = Path.Combine(folder, "keys", "operator.key");
        _environment["STORAGE_URL"] = await azurite.GetConnectionStringAsync();
        _environment["STORAGE_CONTAINER"] = (await azurite.NewContainerAsync()).Name;
        _environment["OPERATOR_KEY_FILE"] = file;
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = _environment["STORAGE_URL"],
            ["Storage__Container"] = _environment["STORAGE_CONTAINER"],
        };
        try
        {
            ProgramRun first = await RunAsync("first-key.sh");
            Assert.True(first.ExitCode == 0, first.Errors);
            Assert.Contains(file, first.Output);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            string[] written = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(written[^1], first.Output + first.Errors);

            ProgramRun second = await RunAsync("first-key.sh");
            Assert.Equal(0, second.ExitCode);
            Assert.Contains("no key is made", second.Output);

            // Nothing answers, and the key of the attempt is not left.
            string url = $"http://127.0.0.1:{FreePort.Next()}";
            _environment["API_URL"] = url;
            _environment["SMOKE_SECONDS"] = "1";
            ProgramRun early = await RunAsync("smoke.sh");
            Assert.Equal(1, early.ExitCode);
            Assert.Contains(
                $"smoke: {url}/ready answered 000 and not 200 for 1 s. The log of the app says why.", early.Errors.Split('\n'));
            Assert.EndsWith("\n1 of at most 10000 keys.\n", (await ServerProcess.RunAsync(settings, "keys", "list")).Output);

            // The server starts while the script waits for it, and so knows the script's key from its start.
            _environment["SMOKE_SECONDS"] = "60";
            var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task<ProgramRun> running = RunAsync("smoke.sh", line => _ = line.Contains("waiting for") && waits.TrySetResult());
            await Task.WhenAny(waits.Task, running);
            await using ServerProcess server = await ServerProcess.StartAsync(settings, url);
            ProgramRun smoke = await running;
            Assert.True(smoke.ExitCode == 0, smoke.Errors);
            Assert.Contains("its commit completed", smoke.Output);
            using var instances = new HttpRequestMessage(HttpMethod.Get, "/runtime/webhooks/durabletask/instances");
            instances.Headers.Add("X-API-Key", written[^1]);
            using HttpResponseMessage answer = await server.Client.SendAsync(instances, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.EndsWith("\n1 of at most 10000 keys.\n", (await ServerProcess.RunAsync(settings, "keys", "list")).Output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Without_an_address_that_storage_lets_in_the_hook_says_what_to_set()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The hooks are for a POSIX shell.");
        _environment["ALLOWED_IPS"] = "";
        _environment["STORAGE_URL"] = "https://away.invalid/";
        _environment["OPERATOR_KEY_FILE"] = "unused";

        ProgramRun result = await RunAsync("first-key.sh");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("first-key: ALLOWED_IPS is empty", result.Errors);
    }

    private Task<ProgramRun> RunAsync(string script, Action<string>? onLine = null) =>
        ProgramRun.OfAsync("sh", [Repository.PathOf($"infra/azure/{script}")], s_timeout, _environment, onLine);
}
