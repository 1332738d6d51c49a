using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Http.Keys;
using DurableSessions.Server.Tests.Serving;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Canaries;

/// <summary>
/// Secrets and messages that are known by their texts, through commits that end in each way: no secret comes out anywhere, and a message
/// stands in no log, no history and no error.
/// </summary>
public sealed class CanaryTests(AzuriteFixture azurite)
{
    private const string Message = "canary-of-a-message-5f1c";
    private const string Memory = "canary-of-a-memory-90ab";
    private const string ModelKey = "canary-of-a-model-key-77e2";
    private const string WrongKey = "canary-of-a-wrong-key-31d0";

    // The blobs of orchestrations, of keys and of tasks. Others hold messages, which is what they are for.
    private static readonly string[] s_records = ["orchestrations/", "keys/", "tasks/"];

    // A good answer; the ways to fail come in an order in which the model is not taken for one that is away.
    private static readonly (int Status, bool Fits, string? Cause)[] s_answers =
    [
        (200, true, null),
        (401, false, "the model refused: HTTP status 401"),
        (200, false, "the model gave no answer that can be used"),
        (500, false, "the model did not answer"),
    ];

    [Fact]
    public async Task A_model_that_repeats_its_key_and_the_conversation()
    {
        await using EchoingModel model = await EchoingModel.StartAsync(Memory);
        BlobContainerClient container = await azurite.NewContainerAsync();
        (string user, string op) = await AddKeysAsync(container);
        string connection = await azurite.GetConnectionStringAsync();
        Dictionary<string, string> settings = Settings(connection, container, model);
        var seen = new StringBuilder();
        string[] secrets = [SecretTests.Part(connection, "AccountKey"), ModelKey, WrongKey, user, op];
        await using (ServerProcess server = await ServerProcess.StartAsync(settings))
        {
            foreach ((int status, bool fits, string? cause) in s_answers)
            {
                model.Next = (status, fits);
                int asked = model.Questions;
                await AppendAsync(server, user);
                JsonNode task = (await SendAsync(server, user, HttpMethod.Post, "api/v1/sessions/s/commit?wait=30", "{}", seen))!;
                task = task["result"]!["task"]!;
                Assert.True(model.Questions > asked);
                Assert.Equal(cause is null ? "completed" : "failed", (string?)task["status"]);
                Assert.StartsWith(cause is null ? "" : $"The step semantic-process failed: {cause}", (string?)task["error"] ?? "",
                    StringComparison.Ordinal);
                await LookAroundAsync(server, user, op, (string)task["task_id"]!, seen);
            }

            seen.Append(server.Output).Append(server.Errors);
        }

        foreach (string command in (string[])["check", "keys list", "drain"])
        {
            (int exitCode, string output, string errors) = await ServerProcess.RunAsync(settings, command.Split(' '));
            Assert.True(exitCode == 0, output + errors);
            seen.Append(output).Append(errors);
        }

        AssertNone(seen.ToString(), [.. secrets, Message, Memory]);
        AssertNone(await RecordsAsync(container), [.. secrets, Message, Memory]);
    }

    // Azurite answers every Seal that has a signature with a 500.
    [Fact]
    public async Task A_signature_with_which_storage_fails_a_step()
    {
        await using EchoingModel model = await EchoingModel.StartAsync(Memory);
        BlobContainerClient container = await azurite.NewContainerAsync();
        (string user, string op) = await AddKeysAsync(container);
        (string connection, string signature) = SecretTests.Sign(
            await azurite.GetConnectionStringAsync(),
            DateTimeOffset.UtcNow.AddHours(1));
        var seen = new StringBuilder();
        await using ServerProcess server = await ServerProcess.StartAsync(Settings(connection, container, model));
        await AppendAsync(server, user);
        JsonNode accepted = (await SendAsync(server, user, HttpMethod.Post, "api/v1/sessions/s/commit", "{}", seen))!;
        string id = (string)accepted["result"]!["task_id"]!;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!seen.ToString().Contains("The step archive-to-temp failed: storage did not answer", StringComparison.Ordinal))
        {
            await Task.Delay(100, end.Token);
            await LookAroundAsync(server, user, op, id, seen);
        }

        seen.Append(server.Output).Append(server.Errors);
        Assert.Contains("[1017] Instance", server.Output, StringComparison.Ordinal);
        string[] canaries = [signature, Uri.UnescapeDataString(signature), ModelKey, WrongKey, user, op, Message, Memory];
        AssertNone(seen.ToString(), canaries);
        AssertNone(await RecordsAsync(container), canaries);
    }

    private static Dictionary<string, string> Settings(string connection, BlobContainerClient container, EchoingModel model) => new()
    {
        ["ConnectionStrings__Storage"] = connection,
        ["Storage__Container"] = container.Name,
        ["Auth__Mode"] = "keys",
        ["Semantics__Endpoint"] = model.Endpoint,
        ["Semantics__Model"] = "echo",
        ["Semantics__Key"] = ModelKey,
        ["Semantics__WhenFailed"] = "fail",
        ["Logging__LogLevel__DurableSessions"] = "Trace",
    };

    private static async Task<(string User, string Operator)> AddKeysAsync(BlobContainerClient container)
    {
        var keys = new KeyStore(container, TimeProvider.System);
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        return ((await keys.AddAsync("default", "default", cancelled)).Text, (await keys.AddAsync(null, null, cancelled)).Text);
    }

    private static async Task AppendAsync(ServerProcess server, string key) => Assert.NotNull(
        (await SendAsync(
            server, key, HttpMethod.Post, "api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{Message}}"}""",
            new StringBuilder()))!["result"]);

    // All that shows failures, to the user and to an operator, and what shows nothing to either.
    private static async Task LookAroundAsync(ServerProcess server, string user, string op, string id, StringBuilder seen)
    {
        foreach (string path in (string[])["api/v1/tasks", $"api/v1/tasks/{id}", "api/v1/sessions", "api/v1/sessions/s"])
        {
            await SendAsync(server, user, HttpMethod.Get, path, null, seen);
        }

        const string Instances = "runtime/webhooks/durabletask/instances";
        string all = "showInput=true&showHistory=true&showHistoryOutput=true";
        foreach (string path in (string[])[Instances, $"{Instances}/{id}?{all}", "openapi/v1.json", "docs/", "health", "ready"])
        {
            await SendAsync(server, op, HttpMethod.Get, path, null, seen);
        }

        await SendAsync(server, WrongKey, HttpMethod.Get, "api/v1/sessions/s/context", null, seen);
        await SendAsync(server, op, HttpMethod.Get, "api/v1/sessions/s/context", null, seen);
        await SendAsync(server, user, HttpMethod.Post, "api/v1/sessions/s/messages", $$"""{"role":"{{Message}}" """, seen);
    }

    // The body as JSON where it is JSON; everything of the answer is added to what was seen.
    private static async Task<JsonNode?> SendAsync(
        ServerProcess server, string key, HttpMethod method, string path, string? body, StringBuilder seen)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-API-Key", key);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        seen.Append(CultureInfo.InvariantCulture, $"{answer}\n{text}\n");
        Assert.NotEqual(HttpStatusCode.InternalServerError, answer.StatusCode);
        return answer.Content.Headers.ContentType?.MediaType == "application/json" ? JsonNode.Parse(text) : null;
    }

    private static async Task<string> RecordsAsync(BlobContainerClient container)
    {
        var all = new StringBuilder();
        await foreach (BlobItem blob in container.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            if (s_records.Any(prefix => blob.Name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                BlobDownloadResult content = await container.GetBlobClient(blob.Name)
                    .DownloadContentAsync(TestContext.Current.CancellationToken);
                all.Append(blob.Name).Append(content.Content);
            }
        }

        Assert.All(s_records[..2], prefix => Assert.Contains(prefix, all.ToString(), StringComparison.Ordinal));
        return all.ToString();
    }

    private static void AssertNone(string text, IEnumerable<string> canaries)
    {
        foreach (string canary in canaries)
        {
            int at = text.IndexOf(canary, StringComparison.Ordinal);
            Assert.True(at < 0, at < 0 ? "" : $"{canary} is in: {text[Math.Max(0, at - 500)..Math.Min(text.Length, at + 100)]}");
        }
    }
}
