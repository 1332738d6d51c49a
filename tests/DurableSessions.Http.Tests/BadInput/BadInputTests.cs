using System.Text.Json;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.BadInput;

public sealed class BadInputTests(SimulatedApiFixture api) : IClassFixture<SimulatedApiFixture>
{
    private const string SessionId = "stays-as-it-is";

    public static TheoryData<string> Names { get; } = [.. BadRequests.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Bad_input_is_refused_with_its_place_and_changes_nothing(string name)
    {
        BadRequest bad = BadRequests.All[name];
        string before = await StateAsync();
        RawReply reply = await RawClient.SendAsync(
            api.Address, bad.FullHead().Replace("{id}", SessionId, StringComparison.Ordinal), bad.Body);
        Assert.True(bad.Status == reply.Status, $"{reply.Status} {reply.Body}");
        Assert.Contains("Content-Type: application/json", reply.Headers);
        Assert.Contains(reply.Headers, static h => h.StartsWith("X-Request-ID: ", StringComparison.Ordinal));
        Assert.Contains(reply.Headers, static h => h.StartsWith("X-Process-Time: ", StringComparison.Ordinal));
        JsonElement answer = JsonDocument.Parse(reply.Body).RootElement;
        Assert.Equal(["status", "error"], answer.EnumerateObject().Select(static p => p.Name));
        Assert.Equal("error", answer.GetProperty("status").GetString());
        JsonElement error = answer.GetProperty("error");
        Assert.Equal(["code", "message", "details"], error.EnumerateObject().Select(static p => p.Name));
        Assert.Equal(bad.Code, error.GetProperty("code").GetString());
        if (bad.Field is not null)
        {
            JsonElement validation = Assert.Single(error.GetProperty("details").GetProperty("validation_errors").EnumerateArray());
            Assert.Equal(["loc", "message", "type"], validation.EnumerateObject().Select(static p => p.Name));
            Assert.Equal(bad.Field, string.Join('.', validation.GetProperty("loc").EnumerateArray().Select(static p => p.GetString())));
            Assert.StartsWith($"{bad.Field}: ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(before, await StateAsync());
    }

    private async Task<string> StateAsync()
    {
        Reply session = await api.GetAsync($"/api/v1/sessions/{SessionId}");
        if (session.Status == System.Net.HttpStatusCode.NotFound)
        {
            (await api.PostAsync($"/api/v1/sessions/{SessionId}/messages", """{"role":"user","content":"x"}""")).Succeeded();
            session = await api.GetAsync($"/api/v1/sessions/{SessionId}");
        }

        Reply context = await api.GetAsync($"/api/v1/sessions/{SessionId}/context");
        Reply all = await api.GetAsync("/api/v1/sessions");
        Reply memories = await api.GetAsync("/api/v1/memories");
        return string.Join('\n', session.ResultText(), context.ResultText(), all.ResultText(), memories.ResultText());
    }
}
