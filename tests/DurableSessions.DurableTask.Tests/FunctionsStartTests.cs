using System.Diagnostics;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.DurableTask.Tests;

/// <summary>The Functions app itself, in a process of its own: it ends at its start where it would be open to all.</summary>
public sealed class FunctionsStartTests(AzuriteFixture azurite)
{
    private const string NoKeys = "There are no keys, so any client that reaches this app could read and change every session.";
    private const string Open = "Auth:Mode is dev, so any client that reaches this app could read and change every session.";

    private const int Aborted = 134;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    // Without a Functions host, an app that may serve finds only that it has no host to serve.
    [Theory]
    [InlineData("Development", null, null, "Functions:Worker")]
    [InlineData("Development", "WEBSITE_SITE_NAME", null, NoKeys)]
    [InlineData("Production", null, null, NoKeys)]
    public async Task An_app_without_keys(string environment, string? variable, string? mode, string expected) => await AssertEndsAsync(
        Settings(await azurite.GetConnectionStringAsync(), (await azurite.NewContainerAsync()).Name, environment, variable, mode),
        expected);

    [Fact]
    public Task A_deployed_app_in_dev_mode_ends_before_storage_is_reached() => AssertEndsAsync(
        Settings(AzuriteProcess.ConnectionStringFor(9), "none", "Development", "WEBSITE_INSTANCE_ID", "dev"), Open);

    [Theory]
    [InlineData("Semantics__WhenFailed", "bogus", "Semantics:WhenFailed 'bogus' ")]
    [InlineData("Semantics__Modell", "m", "Semantics:Modell is not a setting; Semantics has ")]
    [InlineData("Limits__Burst", "0", "Limits:Burst '0' ")]
    [InlineData("Quotas__Session", "1", "Quotas:Session is not a setting; Quotas has ")]
    [InlineData("Webhooks__Url", "https://x.example", "Webhooks:")]
    [InlineData("Metrics__Port", "0", "Metrics:Port '0' ")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector", "OTEL_EXPORTER_OTLP_ENDPOINT is 'collector', which is no http or https URL.")]
    public async Task A_wrong_setting_ends_the_start_as_it_ends_the_servers(string setting, string value, string expected)
    {
        Dictionary<string, string?> settings = Settings(AzuriteProcess.ConnectionStringFor(9), "none", "Development", null, "dev");
        settings[setting] = value;
        string error = await ErrorAsync("DurableSessions.Functions", settings);

        Assert.StartsWith($"error: {expected}", error, StringComparison.Ordinal);
        Assert.Equal(await ErrorAsync("DurableSessions.Server", settings), error);
    }

    [Theory]
    [InlineData("750", null, null)]
    [InlineData("751", null, "751' is more than 750: an activity may take 2 times as long and 5 minutes more, and the Functions host "
        + "ends it after functionTimeout (00:30:00).")]
    [InlineData("751", "01:00:00", null)]
    [InlineData("1651", "01:00:00", "1651' is more than 1650: ")]
    [InlineData("86400", "-1", null)]
    public async Task A_digest_must_end_before_the_host_ends_it(string seconds, string? functionTimeout, string? expected)
    {
        Dictionary<string, string?> settings = Settings(AzuriteProcess.ConnectionStringFor(9), "none", "Development", null, "dev");
        settings["Semantics__TimeoutSeconds"] = seconds;
        settings["AzureFunctionsJobHost__functionTimeout"] = functionTimeout;

        Assert.StartsWith(
            expected is null ? "error: Storage at " : $"error: Semantics:TimeoutSeconds '{expected}",
            await ErrorAsync("DurableSessions.Functions", settings),
            StringComparison.Ordinal);
        if (expected is not null)
        {
            Assert.StartsWith("error: Storage at ", await ErrorAsync("DurableSessions.Server", settings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_time_after_which_the_host_ends_it_is_that_of_its_host_json()
    {
        DirectoryInfo copy = Directory.CreateTempSubdirectory();
        try
        {
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            {
                File.CreateSymbolicLink(Path.Combine(copy.FullName, Path.GetFileName(file)), file);
            }

            // The program is where its file is, wherever a link to it is.
            string assembly = Path.Combine(copy.FullName, "DurableSessions.Functions.dll");
            foreach (string own in (string[])[assembly, Path.Combine(copy.FullName, "DurableSessions.Hosting.dll")])
            {
                File.Delete(own);
                File.Copy(Path.Combine(AppContext.BaseDirectory, Path.GetFileName(own)), own);
            }

            string json = Path.Combine(copy.FullName, "host.json");
            File.Delete(json);
            await File.WriteAllTextAsync(json, """{"functionTimeout":"00:20:00"}""", Cancelled);
            Dictionary<string, string?> settings = Settings(AzuriteProcess.ConnectionStringFor(9), "none", "Development", null, "dev");
            settings["Semantics__TimeoutSeconds"] = "451";

            Assert.StartsWith(
                "error: Semantics:TimeoutSeconds '451' is more than 450: ",
                await ErrorAsync(assembly, settings),
                StringComparison.Ordinal);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_wrong_key_ends_the_start_as_it_ends_the_servers()
    {
        string storage = (await azurite.GetConnectionStringAsync()).Replace("AccountKey=Eby8", "AccountKey=AAAA", StringComparison.Ordinal);
        await AssertEndAlikeAsync(storage, "refuses the credentials (AuthorizationFailure): check the account key,");
    }

    [Fact]
    public async Task Storage_that_cannot_be_reached_ends_the_start_as_it_ends_the_servers() =>
        await AssertEndAlikeAsync(AzuriteProcess.ConnectionStringFor(9), "cannot be reached: Connection refused");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storage_that_stops_answering_ends_the_start_as_it_ends_the_servers(bool hasContainer)
    {
        await using var storage = await SilentStorage.StartAsync(hasContainer);
        await AssertEndAlikeAsync(AzuriteProcess.ConnectionStringFor(storage.Port), "has not answered within 10 seconds.");
        Assert.Equal(hasContainer ? 2 : 0, storage.Answered);
    }

    private static async Task AssertEndAlikeAsync(string storage, string expected)
    {
        Dictionary<string, string?> settings = Settings(storage, "none", "Development", null, "dev");
        string[] errors = await Task.WhenAll(
            ErrorAsync("DurableSessions.Functions", settings), ErrorAsync("DurableSessions.Server", settings));

        Assert.StartsWith("error: Storage at http://127.0.0.1:", errors[0], StringComparison.Ordinal);
        Assert.Contains(expected, errors[0], StringComparison.Ordinal);
        Assert.Equal(1, errors[0].Count(static character => character == '\n'));
        Assert.Equal(errors[1], errors[0]);
    }

    private static Dictionary<string, string?> Settings(
        string storage, string container, string environment, string? variable, string? mode)
    {
        var settings = new Dictionary<string, string?>
        {
            ["ConnectionStrings__Storage"] = storage,
            ["Storage__Container"] = container,
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = environment,
            ["Auth__Mode"] = mode,
        };
        if (variable is not null)
        {
            settings[variable] = "x";
        }

        return settings;
    }

    private static async Task AssertEndsAsync(Dictionary<string, string?> settings, string expected) =>
        Assert.Contains(expected, await ErrorAsync("DurableSessions.Functions", settings), StringComparison.Ordinal);

    private static async Task<string> ErrorAsync(string program, Dictionary<string, string?> settings)
    {
        string path = Path.Combine(AppContext.BaseDirectory, program);
        var start = new ProcessStartInfo(program.EndsWith(".dll", StringComparison.Ordinal) ? "dotnet" : path)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        if (start.FileName != path)
        {
            start.ArgumentList.Add(path);
        }

        foreach ((string name, string? value) in settings)
        {
            start.Environment[name] = value;
        }

        using Process app = Process.Start(start)!;
        try
        {
            Task<string> output = app.StandardOutput.ReadToEndAsync(Cancelled);
            Task<string> errors = app.StandardError.ReadToEndAsync(Cancelled);
            await app.WaitForExitAsync(Cancelled).WaitAsync(TimeSpan.FromSeconds(60), Cancelled);
            await output;
            string error = await errors;

            // One that finds no host to serve ends with the worker's own exception.
            Assert.Equal(error.StartsWith("error: ", StringComparison.Ordinal) ? 1 : Aborted, app.ExitCode);
            return error;
        }
        finally
        {
            app.Kill();
        }
    }
}
