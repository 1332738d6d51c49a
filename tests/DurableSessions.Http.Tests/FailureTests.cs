using System.Net;
using System.Text;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Orchestration;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

public sealed class FailureTests(AzuriteFixture azurite)
{
    private const string Archive = "/api/v1/sessions/s/archives/archive_001";

    [Fact]
    public async Task A_failure_before_an_archive_is_sent_is_reported_and_one_in_the_middle_cuts_the_connection()
    {
        var faults = new FaultTransport();
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(faults.Configure));
        for (int i = 0; i < 3; i++)
        {
            await PostAsync(host, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{new string('x', 4 * 1024 * 1024)}}"}""");
        }

        await PostAsync(host, "/api/v1/sessions/s/commit?wait=60", "{}");
        string whole = await host.Client.GetStringAsync(Archive, TestContext.Current.CancellationToken);
        Assert.True(whole.Length > 12 * 1024 * 1024);

        faults.When(static r => r.Blob.EndsWith("messages.jsonl", StringComparison.Ordinal), Fault.FailBeforeSending, times: 5);
        using (HttpResponseMessage before = await host.Client.GetAsync(Archive, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, before.StatusCode);
            Assert.StartsWith(
                """{"status":"error","error":{"code":"UNAVAILABLE",""",
                await before.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        }

        faults.When(static r => r.Blob.EndsWith("messages.jsonl", StringComparison.Ordinal), Fault.FailBeforeSending, skip: 1, times: 5);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.Client.GetStringAsync(Archive, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void An_engine_that_does_not_answer_is_unavailable_for_now()
    {
        ApiError error = ErrorTranslation.Of(new OrchestrationUnavailableException("No answer."), "id");

        Assert.Equal((503, "UNAVAILABLE", "No answer.", 2), (error.HttpStatus, error.Code, error.Message, error.RetryAfterSeconds));
    }

    [Fact]
    public void A_program_that_lacks_a_part_of_itself_does_not_blame_storage()
    {
        Assert.Equal(503, ErrorTranslation.Of(new IOException(), "id").HttpStatus);
        Assert.All((Exception[])[new FileNotFoundException(), new FileLoadException()], static e =>
            Assert.Equal((500, "INTERNAL"), (ErrorTranslation.Of(e, "id").HttpStatus, ErrorTranslation.Of(e, "id").Code)));
    }

    [Fact]
    public async Task What_a_client_did_not_wait_for_is_done_and_the_next_request_is_answered()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync());
        await PostAsync(host, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""");
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        Task waiting = host.Client.PostAsync("/api/v1/sessions/s/commit?wait=300", null, gone.Token);
        await UntilAsync(host, "\"stage\":\"summarizing\"");
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        host.Processor.Release();
        await UntilAsync(host, "\"status\":\"completed\"");
    }

    private static async Task PostAsync(ApiHost host, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync(path, content, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private static async Task UntilAsync(ApiHost host, string text)
    {
        for (int i = 0; i < 600; i++)
        {
            string tasks = await host.Client.GetStringAsync("/api/v1/tasks", TestContext.Current.CancellationToken);
            if (tasks.Contains(text, StringComparison.Ordinal))
            {
                return;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"No task says {text}.");
    }
}
