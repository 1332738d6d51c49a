using System.Net;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed class SystemWaitTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Path = "/api/v1/system/wait";

    [Theory]
    [InlineData(null)]
    [InlineData("{}")]
    [InlineData("""{"timeout":null}""")]
    [InlineData("""{"timeout":1e300}""")]
    public async Task Nothing_to_wait_for_is_over_at_once(string? body) =>
        Assert.Equal("""{"commits_running":0}""", (await api.PostAsync(Path, body, ("X-OpenViking-User", "other-user"))).ResultText());

    [Fact]
    public async Task A_commit_is_waited_for_by_its_user_alone()
    {
        string id = ApiFixture.NewSession();
        (string, string) bob = ("X-OpenViking-User", "bob");
        await api.PostAsync($"/api/v1/sessions/{id}/messages", $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""", bob);
        await api.PostAsync($"/api/v1/sessions/{id}/commit", "{}", bob);

        Reply late = await api.PostAsync(Path, """{"timeout":0.2}""", bob);
        Assert.Equal(HttpStatusCode.GatewayTimeout, late.Status);
        Assert.Equal(
            ErrorText.Of("DEADLINE_EXCEEDED", "Commits are still running after 0.2 s; they go on.", "user", "bob"),
            late.Text);
        (await api.PostAsync(Path, """{"timeout":30}""", ("X-OpenViking-User", "ann"))).Succeeded();

        Task<Reply> waiting = api.PostAsync(Path, """{"timeout":60}""", bob);
        Assert.NotSame(waiting, await Task.WhenAny(waiting, Task.Delay(300, TestContext.Current.CancellationToken)));
        api.Host.Processor.Release();
        (await waiting).Succeeded();
        Assert.Contains(
            "\"status\":\"completed\"", (await api.GetAsync($"/api/v1/tasks?resource_id={id}", bob)).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"timeout":-1}""")]
    [InlineData("""{"timeout":"5"}""")]
    [InlineData("""{"timeout":true}""")]
    public async Task A_timeout_that_is_invalid_is_refused(string body)
    {
        Reply reply = await api.PostAsync(Path, body);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith("body.timeout: ", reply.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
