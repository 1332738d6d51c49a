using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Telemetry;

/// <summary>What a scraper reads of a server that has keys.</summary>
public sealed partial class MetricsTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Operators_and_a_port_of_this_machine_read_what_the_table_of_the_readme_has_and_nothing_of_a_user()
    {
        BlobContainerClient container = await azurite.NewContainerAsync();
        var keys = new KeyStore(container, TimeProvider.System);
        string user = (await keys.AddAsync("acme", "ann-of-the-metrics", Cancelled)).Text;
        string @operator = (await keys.AddAsync(null, null, Cancelled)).Text;
        int port = FreePort.Next();
        await using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = container.Name,
            ["Metrics__Port"] = $"{port}",
        });
        server.Client.DefaultRequestHeaders.Add("X-API-Key", user);
        using HttpResponseMessage appended = await server.Client.PostAsJsonAsync(
            "api/v1/sessions/measured/messages", new { role = "user", content = "secret-of-the-metrics" }, Cancelled);
        appended.EnsureSuccessStatusCode();
        using HttpResponseMessage committed = await server.Client.PostAsJsonAsync(
            "api/v1/sessions/measured/commit?wait=60", new { keep_recent_count = 0 }, Cancelled);
        committed.EnsureSuccessStatusCode();

        using HttpResponseMessage refused = await server.Client.GetAsync("metrics", Cancelled);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        server.Client.DefaultRequestHeaders.Remove("X-API-Key");
        using HttpResponseMessage unknown = await server.Client.GetAsync("metrics", Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);

        server.Client.DefaultRequestHeaders.Add("X-API-Key", @operator);
        string read = await server.Client.GetStringAsync("metrics", Cancelled);
        using var local = new HttpClient { BaseAddress = new Uri($"http://localhost:{port}") };
        string scraped = await local.GetStringAsync("metrics", Cancelled);
        using HttpResponseMessage other = await local.GetAsync("api/v1/sessions", Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);

        string[] table =
        [
            .. TableRow().Matches(await File.ReadAllTextAsync(Repository.PathOf("src/DurableSessions.Server/README.md"), Cancelled))
                .Select(static row => row.Groups[1].Value.Replace('.', '_')),
        ];
        Assert.NotEmpty(table);
        foreach (string text in (string[])[read, scraped])
        {
            string[] names = [.. TypeLine().Matches(text).Select(static line => line.Groups[1].Value)];
            Assert.All(names, name => Assert.Contains(table, known => name.StartsWith(known, StringComparison.Ordinal)));
            foreach (string name in (string[])
                [
                    "append_duration_seconds", "append_messages_total", "commits_total", "cache_size_bytes",
                    "orchestration_duration_seconds", "activity_duration_seconds", "activity_wait_seconds", "activity_queue",
                    "activity_running", "instances_loaded", "storage_request_duration_seconds",
                ])
            {
                Assert.Contains($"durable_sessions_{name}", names);
            }

            Assert.Matches("durable_sessions_commits_total{[^}]*outcome=\"covered\"[^}]*} 1\\b", text);
            Assert.Matches("storage_request_duration_seconds_count{[^}]*operation=\"AppendBlock\"[^}]*} 1\\b", text);
            Assert.Contains("http_server_request_duration_seconds", text, StringComparison.Ordinal);
            Assert.Contains("dotnet_gc_collections_total", text, StringComparison.Ordinal);
            foreach (string canary in (string[])[user, @operator, "ann-of-the-metrics", "measured", "secret-of-the-metrics"])
            {
                Assert.DoesNotContain(canary, text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_server_that_measures_nothing_says_so()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = (await azurite.NewContainerAsync()).Name,
            ["Auth__Mode"] = "dev",
            ["OTEL_SDK_DISABLED"] = "true",
        });
        using HttpResponseMessage metrics = await server.Client.GetAsync("metrics", Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, metrics.StatusCode);
        string page = await server.Client.GetStringAsync("ui/host", Cancelled);
        Assert.Contains("This host measures nothing.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<svg viewBox", page, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| `(durable_sessions\.[a-z_.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex("^# TYPE (durable_sessions_[a-z_]+) ", RegexOptions.Multiline)]
    private static partial Regex TypeLine();
}
