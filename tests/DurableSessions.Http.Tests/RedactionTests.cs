using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

public sealed class RedactionTests(AzuriteFixture azurite)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Incorrect key sk-proj-a_B.c-1 given.", "Incorrect key [REDACTED] given.")]
    [InlineData("\\nsk-0123456789abcdefghij", "\\n[REDACTED]")]
    [InlineData("401 for bearer  abc.def~g+/=-; try again", "401 for bearer  [REDACTED]; try again")]
    [InlineData("Bearer%20abc", "Bearer%20[REDACTED]")]
    [InlineData("https://x/?api_key=abc&model=m", "https://x/?api_key=[REDACTED]&model=m")]
    [InlineData("OPENAI_API_KEY: abc, and X-API-Key=def", "OPENAI_API_KEY: [REDACTED], and X-API-Key=[REDACTED]")]
    [InlineData("{\"apiKey\": \"abc\",\"a\":1}", "{\"apiKey\": \"[REDACTED]\",\"a\":1}")]
    [InlineData("{\\\"Authorization\\\":\\\"Basic YTpi\\\"}", "{\\\"Authorization\\\":\\\"[REDACTED]\"}")]
    [InlineData("Authorization: Basic YTpi c\nnext", "Authorization: [REDACTED]\nnext")]
    [InlineData("AccountName=a;AccountKey=YWJj==;EndpointSuffix=x", "AccountName=a;AccountKey=[REDACTED];EndpointSuffix=x")]
    [InlineData("https://x/c?sv=1&sig=a%2Fb&se=2", "https://x/c?sv=1&sig=[REDACTED]&se=2")]
    [InlineData("dsk_000000000000_AAAA ghp_abc xoxb-1-2 ntn_1 cr_1", "[REDACTED] [REDACTED] [REDACTED] [REDACTED] [REDACTED]")]
    [InlineData("The task-hub's disk-space: design=2, 3 tokens, a bearer.", "The task-hub's disk-space: design=2, 3 tokens, a bearer.")]
    public void A_secret_goes_and_what_is_around_it_stays(string text, string redacted)
    {
        Assert.Equal(redacted, Redaction.Redact(text));
        Assert.Equal(redacted, Redaction.Redact(redacted));
    }

    [Fact]
    public async Task A_failure_is_told_and_kept_without_the_secrets_in_it()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await using ApiHost host = await ApiHost.StartAsync(storage);
        await PostAsync(host, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{HeldProcessor.FailText}}"}""");
        JsonElement task = (await PostAsync(host, "/api/v1/sessions/s/commit?wait=60", "{}")).GetProperty("result").GetProperty("task");
        Assert.Equal("failed", task.GetProperty("status").GetString());
        string error = task.GetProperty("error").GetString()!;
        Assert.EndsWith(
            "The model refuses api_key=[REDACTED], [REDACTED] and Bearer [REDACTED]:\nAuthorization: [REDACTED]\n<<end>>", error, StringComparison.Ordinal);
        Assert.InRange(error.Length, 1, 500);

        string instance = $"/runtime/webhooks/durabletask/instances/{task.GetProperty("task_id").GetString()}?showHistory=true&showHistoryOutput=true";
        string told = await host.Client.GetStringAsync(instance, Cancelled);
        Assert.Contains("<<end>>", told, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CRET", told, StringComparison.Ordinal);
        int kept = 0;
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(cancellationToken: Cancelled))
        {
            BlobDownloadResult content = await storage.Container.GetBlobClient(blob.Name).DownloadContentAsync(Cancelled);
            string text = content.Content.ToString();
            kept += text.Contains("end", StringComparison.Ordinal) && text.Contains("The model refuses", StringComparison.Ordinal) ? 1 : 0;
            Assert.DoesNotContain("S3CRET", text, StringComparison.Ordinal);
        }

        Assert.True(kept > 0, "No blob holds the failure.");
    }

    [Fact]
    public async Task What_an_engine_kept_with_secrets_is_told_without_them()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync());
        await PostAsync(host, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{HeldProcessor.HoldText}}"}""");
        string id = (await PostAsync(host, "/api/v1/sessions/s/commit", "{}")).GetProperty("result").GetProperty("task_id").GetString()!;
        string instance = $"/runtime/webhooks/durabletask/instances/{id}";
        using HttpResponseMessage suspended = await host.Client.PostAsync($"{instance}/suspend?reason=api_key%3DS3CRET", null, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, suspended.StatusCode);
        string told = await host.Client.GetStringAsync($"{instance}?showHistory=true", Cancelled);
        Assert.Contains("\"Reason\":\"api_key=[REDACTED]\"", told, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> PostAsync(ApiHost host, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync(path, content, Cancelled);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancelled)).RootElement;
    }
}
