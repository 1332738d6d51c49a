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
    [InlineData("Basic dXNlcjpwYXpassword=k", "Basic [REDACTED][REDACTED]")]
    [InlineData("Basic dQ=sk-proj-a_B.c-1 given", "Basic [REDACTED][REDACTED] given")]
    [InlineData("Basic AbCdsk-0123456789abcdefghij", "Basic [REDACTED]")]
    [InlineData("Basic dXNlcg==[REDACTED]", "Basic [REDACTED][REDACTED]")]
    [InlineData("https://x/?api_key=abc&model=m", "https://x/?api_key=[REDACTED]&model=m")]
    [InlineData("OPENAI_API_KEY: abc, and X-API-Key=def", "OPENAI_API_KEY: [REDACTED], and X-API-Key=[REDACTED]")]
    [InlineData("{\"apiKey\": \"abc\",\"a\":1}", "{\"apiKey\": \"[REDACTED]\",\"a\":1}")]
    [InlineData("{\\\"Authorization\\\":\\\"Basic YTpi\\\"}", "{\\\"Authorization\\\":\\\"[REDACTED]\"}")]
    [InlineData("Authorization: Basic YTpi c\nnext", "Authorization: [REDACTED]\nnext")]
    [InlineData("AccountName=a;AccountKey=YWJj==;EndpointSuffix=x", "AccountName=a;AccountKey=[REDACTED];EndpointSuffix=x")]
    [InlineData("https://x/c?sv=1&sig=a%2Fb&se=2", "https://x/c?sv=1&sig=[REDACTED]&se=2")]
    [InlineData("dsk_000000000000_AAAA ghp_abc xoxb-1-2 ntn_1 cr_1", "[REDACTED] [REDACTED] [REDACTED] [REDACTED] [REDACTED]")]
    [InlineData("The task-hub's disk-space: design=2, 3 tokens, a bearer.", "The task-hub's disk-space: design=2, 3 tokens, a bearer.")]
    [InlineData(
        "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=YWJj=;x",
        "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=[REDACTED];x")]
    [InlineData("Endpoint=https://x;AccessKey=YWJj=;Version=1.0;", "Endpoint=https://x;AccessKey=[REDACTED];Version=1.0;")]
    [InlineData("?token=abc&id_token=d.e&x=1", "?token=[REDACTED]&id_token=[REDACTED]&x=1")]
    [InlineData(
        "{\"token\":\"a b\",\"id_token\": \"c\",\"access_token\":\"d\"}",
        "{\"token\":\"[REDACTED]\",\"id_token\": \"[REDACTED]\",\"access_token\":\"[REDACTED]\"}")]
    [InlineData("{\\\"token\\\":\\\"a, b\\\"}", "{\\\"token\\\":\\\"[REDACTED]\"}")]
    [InlineData("X-Auth-Token: 0123456789abcdef0", "X-Auth-Token: [REDACTED]")]
    [InlineData("pwd=abc;passwd: def, userToken=ghi", "pwd=[REDACTED];passwd: [REDACTED], userToken=[REDACTED]")]
    [InlineData("password=\"a b, c&d) \\\"e\" next", "password=\"[REDACTED]\" next")]
    [InlineData("Password='a; b' next", "Password='[REDACTED]' next")]
    [InlineData("api_key=Bearer abc next", "api_key=[REDACTED] next")]
    [InlineData(
        "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMII\\n-----END PRIVATE KEY-----\\n\"}",
        "{\"private_key\": \"[REDACTED]\"}")]
    [InlineData("private_key=-----BEGIN RSA PRIVATE KEY-----\nMII\nabc\n-----END", "private_key=[REDACTED]-----END")]
    [InlineData("read -----BEGIN PRIVATE KEY-----\nMII\n-----END", "read [REDACTED]-----END")]
    [InlineData(
        "https://user:p@ss@host/a@b, redis://:pw@h and https://host/@scope?mail=a@b",
        "https://[REDACTED]@host/a@b, redis://[REDACTED]@h and https://host/@scope?mail=a@b")]
    [InlineData(
        "sent Basic YTpi, Basic%20dXNlcjpwYXNzMQ== and basic dXNlcjpwYXNzd29y",
        "sent Basic [REDACTED], Basic%20[REDACTED] and basic [REDACTED]")]
    [InlineData("Authorization: Digest username=\"u\", response=\"S3CRET\", opaque=x\nnext", "Authorization: [REDACTED]\nnext")]
    [InlineData("Cookie: a=\"S3CRET\"; b='S3CRET'; c={S3CRET}\nnext", "Cookie: [REDACTED]\nnext")]
    [InlineData("-H \"Authorization: Bearer a.b\" https://x, then", "-H \"Authorization: [REDACTED]\" https://x, then")]
    [InlineData("'Cookie': 'a=\"S3CRET\", b', c", "'Cookie': '[REDACTED]', c")]
    [InlineData(
        "The token budget is 5, tokens: 5, max_tokens=5, token: 5, \"token\": 5, unexpected token: 'x'",
        "The token budget is 5, tokens: 5, max_tokens=5, token: 5, \"token\": 5, unexpected token: 'x'")]
    [InlineData(
        "Basic authentication, basic auth, a basic JavaScript client, Basic HTTP; access key, private key.",
        "Basic authentication, basic auth, a basic JavaScript client, Basic HTTP; access key, private key.")]
    public void A_secret_goes_and_what_is_around_it_stays(string text, string redacted)
    {
        Assert.Equal(redacted, Redaction.Redact(text));
        Assert.Equal(redacted, Redaction.Redact(redacted));
    }

    [Theory]
    [InlineData("password ")]
    [InlineData("authorization:\t,a")]
    [InlineData("token\\")]
    [InlineData("basic aB")]
    [InlineData("a://a:")]
    [InlineData("-----begin ")]
    [InlineData("cookie:a=\"")]
    [InlineData("sig=\\\\")]
    [InlineData(" ")]
    public async Task A_long_text_is_looked_through_once(string part)
    {
        // The timeout only ends a hang: so many characters would take minutes if each of them cost all the others.
        const int Length = 400_000;
        string repeated = string.Concat(Enumerable.Repeat(part, Length / part.Length));
        foreach (string text in (string[])[repeated, part + new string(part[^1], Length)])
        {
            string redacted = await Task.Run(() => Redaction.Redact(text), Cancelled).WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
            Assert.Equal(redacted, Redaction.Redact(redacted));
        }
    }

    [Fact]
    public async Task A_failure_is_reported_and_kept_without_the_text_of_its_exception()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await using ApiHost host = await ApiHost.StartAsync(storage);
        await PostAsync(host, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.FailText}}"}""");
        JsonElement task = (await PostAsync(host, "/api/v1/sessions/s/commit?wait=60", "{}")).GetProperty("result").GetProperty("task");
        Assert.Equal("failed", task.GetProperty("status").GetString());
        string error = task.GetProperty("error").GetString()!;
        Assert.Matches(@"^The step semantic-process failed: the digest failed\. The log has it under ERR-[0-9a-f]{16}\.$", error);

        string instance = $"/runtime/webhooks/durabletask/instances/{task.GetProperty("task_id").GetString()}";
        string answer = await host.Client.GetStringAsync($"{instance}?showHistory=true&showHistoryOutput=true", Cancelled);
        Assert.Contains(error, answer, StringComparison.Ordinal);
        AssertNothingOfTheException(answer);
        int kept = 0;
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(cancellationToken: Cancelled))
        {
            BlobDownloadResult content = await storage.Container.GetBlobClient(blob.Name).DownloadContentAsync(Cancelled);
            string text = content.Content.ToString();
            kept += text.Contains(error, StringComparison.Ordinal) ? 1 : 0;
            AssertNothingOfTheException(text);
        }

        Assert.True(kept > 0, "No blob holds the failure.");

        static void AssertNothingOfTheException(string text)
        {
            Assert.DoesNotContain("S3CRET", text, StringComparison.Ordinal);
            Assert.DoesNotContain("The model refuses", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<<end>>", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_an_engine_kept_with_secrets_is_reported_without_them()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync());
        await PostAsync(host, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""");
        string id = (await PostAsync(host, "/api/v1/sessions/s/commit", "{}")).GetProperty("result").GetProperty("task_id").GetString()!;
        string instance = $"/runtime/webhooks/durabletask/instances/{id}";
        using HttpResponseMessage suspended = await host.Client.PostAsync($"{instance}/suspend?reason=api_key%3DS3CRET", null, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, suspended.StatusCode);
        string answer = await host.Client.GetStringAsync($"{instance}?showHistory=true", Cancelled);
        Assert.Contains("\"Reason\":\"api_key=[REDACTED]\"", answer, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> PostAsync(ApiHost host, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync(path, content, Cancelled);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancelled)).RootElement;
    }
}
