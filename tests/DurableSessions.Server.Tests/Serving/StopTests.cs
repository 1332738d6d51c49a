using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using DurableSessions.Server.Tests.Canaries;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>A stop while a model is asked.</summary>
public sealed class StopTests(AzuriteFixture azurite)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_model_that_has_been_asked_is_not_asked_again_and_a_client_that_waits_is_let_go()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoingModel model = await EchoingModel.StartAsync("tea");
        model.Before = () =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        BlobContainerClient container = await azurite.NewContainerAsync();
        Dictionary<string, string> settings = model.Settings(await azurite.GetConnectionStringAsync(), container.Name);
        settings["Host__StopSeconds"] = "120";
        await using ServerProcess first = await ServerProcess.StartAsync(settings);
        await first.Client.PostAsJsonAsync("api/v1/sessions/s/messages", new { role = "user", content = "Hello" });
        Task<HttpResponseMessage> waiting = first.Client.PostAsJsonAsync("api/v1/sessions/s/commit?wait=100", new { });
        await asked.Task.WaitAsync(s_timeout);

        Task<int> stopped = first.TerminateAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => waiting.WaitAsync(s_timeout));
        Assert.False(stopped.IsCompleted);
        answer.SetResult();
        Assert.Equal(0, await stopped);
        Assert.Equal(1, model.Questions);

        await using ServerProcess second = await ServerProcess.StartAsync(settings);
        JsonNode tasks = (await second.Client.GetFromJsonAsync<JsonNode>("api/v1/tasks"))!;
        string id = (string)tasks["result"]!.AsArray().Single()!["task_id"]!;
        await second.Client.PostAsJsonAsync("api/v1/system/wait", new { });
        JsonNode task = (await second.Client.GetFromJsonAsync<JsonNode>($"api/v1/tasks/{id}"))!;
        Assert.Equal("completed", (string?)task["result"]!["status"]);
        Assert.Equal(1, model.Questions);
    }
}
