using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using DurableSessions.Server.Tests.Canaries;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Browser;

/// <summary>The page of a commit, open in a browser while its server is killed.</summary>
[Collection<BrowserCollection>]
public sealed class OperatorPageTests(Chromium browser, AzuriteFixture azurite)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Shows_without_being_loaded_again_that_a_commit_is_taken_up_and_completed()
    {
        await using Tab tab = await browser.OpenTabAsync();
        using var timeout = new CancellationTokenSource(s_timeout);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoingModel model = await EchoingModel.StartAsync("tea");
        model.Before = () => asked.TrySetResult() ? new TaskCompletionSource().Task : Task.CompletedTask;
        BlobContainerClient container = await azurite.NewContainerAsync();
        Dictionary<string, string> settings = model.Settings(await azurite.GetConnectionStringAsync(), container.Name);
        settings["Host__Name"] = "killed";
        string address = $"http://127.0.0.1:{FreePort.Next()}";
        string task;
        await using (ServerProcess first = await ServerProcess.StartAsync(settings, address))
        {
            await first.Client.PostAsJsonAsync("api/v1/sessions/s/messages", new { role = "user", content = "Hello" }, timeout.Token);
            using HttpResponseMessage commit = await first.Client.PostAsJsonAsync(
                "api/v1/sessions/s/commit", new { keep_recent_count = 0 }, timeout.Token);
            task = (string)(await commit.Content.ReadFromJsonAsync<JsonNode>(timeout.Token))!["result"]!["task_id"]!;
            await asked.Task.WaitAsync(timeout.Token);
            await tab.OpenAsync($"{address}/ui/commits/{task}");
            await AppearsAsync(tab, "#facts", "running");
            await AppearsAsync(tab, "#timeline", "under way");
            await tab.EvaluateAsync("window.isTheSamePage = true");
            await first.KillAsync();
        }

        await using ServerProcess second = await ServerProcess.StartAsync(settings, address);
        await AppearsAsync(tab, "#facts", "completed");
        await AppearsAsync(tab, "#timeline", "switch");
        Assert.True((bool)(await tab.EvaluateAsync("window.isTheSamePage"))!);
        Assert.Equal("[]", (await tab.EvaluateAsync("window.violations"))!.ToJsonString());
    }

    private static Task AppearsAsync(Tab tab, string where, string text) => tab.EvaluateAsync($$"""
        new Promise(shown => {
            const look = () => document.querySelector('{{where}}')?.innerText.includes('{{text}}') && shown();
            new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
            look();
        })
        """);
}
