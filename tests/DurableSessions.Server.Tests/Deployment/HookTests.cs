using System.Diagnostics;
using System.Net;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>The hooks of azd, with a server in the place of the app.</summary>
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
            HookResult first = await RunAsync("first-key.sh");
            Assert.True(first.ExitCode == 0, first.Errors);
            Assert.Contains(file, first.Output);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            string[] written = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(written[^1], first.Output + first.Errors);

            HookResult second = await RunAsync("first-key.sh");
            Assert.Equal(0, second.ExitCode);
            Assert.Contains("no key is made", second.Output);

            await using ServerProcess server = await ServerProcess.StartAsync(settings);
            using var instances = new HttpRequestMessage(HttpMethod.Get, "/runtime/webhooks/durabletask/instances");
            instances.Headers.Add("X-API-Key", written[^1]);
            using HttpResponseMessage answer = await server.Client.SendAsync(instances, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

            // A key that is made beside a server is known to it after a while; the script waits for that.
            _environment["API_URL"] = server.Address.ToString().TrimEnd('/');
            HookResult smoke = await RunAsync("smoke.sh");
            Assert.True(smoke.ExitCode == 0, smoke.Errors);
            Assert.Contains("its commit completed", smoke.Output);
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

        HookResult result = await RunAsync("first-key.sh");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("first-key: ALLOWED_IPS is empty", result.Errors);
    }

    [Fact]
    public async Task An_app_that_does_not_answer_fails_the_deployment()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The hooks are for a POSIX shell.");
        _environment["STORAGE_URL"] = "https://away.invalid/";
        _environment["API_URL"] = "http://127.0.0.1:1";
        _environment["SMOKE_SECONDS"] = "1";

        HookResult result = await RunAsync("smoke.sh");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("smoke: http://127.0.0.1:1/ready answered 000 and not 200 for 1 s. The log of the app says why.\n", result.Errors);
    }

    private async Task<HookResult> RunAsync(string script)
    {
        var start = new ProcessStartInfo("sh", [Repository.PathOf($"infra/azure/{script}")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_timeout);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return new HookResult(process.ExitCode, await output, await errors);
    }

    private sealed record HookResult(int ExitCode, string Output, string Errors);
}
