using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>
/// A page costs what it shows, however much there is: requests are counted with few things and with more than a page can hold.
/// </summary>
public sealed class ListingCostTests(SimulatedFixture simulated) : IClassFixture<SimulatedFixture>
{
    private const int Many = 1_200;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_of_sessions_is_one_listing_among_any_other_blobs()
    {
        var log = new RequestLog();
        SessionStorage storage = await simulated.NewStorageAsync(log.Configure);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false);
        await SeedAsync(storage, "manifests/default/default/s", ".json");
        foreach (string path in (string[])["/api/v1/sessions?limit=100", "/api/v1/sessions?limit=1000", "/api/v1/sessions"])
        {
            log.Clear();
            using HttpResponseMessage page = await host.Client.GetAsync(path, Cancelled);
            Assert.True(page.Headers.Contains("X-Next-Cursor"));
            Assert.Equal(1, log.Count);
            Assert.Equal(1, log.CountOf("GET", "manifests/default/default/", "list"));
            string next = page.Headers.GetValues("X-Next-Cursor").Single();
            log.Clear();
            using HttpResponseMessage second = await host.Client.GetAsync(
                $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}cursor={next}", Cancelled);
            Assert.True(second.IsSuccessStatusCode);
            Assert.Equal(1, log.Count);
        }
    }

    [Fact]
    public async Task The_newest_tasks_cost_the_same_after_any_number_of_ended_ones()
    {
        // A multiple of what is read at once, so that not even the rest of the last reading differs.
        const int Tasks = 24;
        var log = new RequestLog();
        SessionStorage storage = await simulated.NewStorageAsync(log.Configure);
        await using ApiHost host = await ApiHost.StartAsync(storage);
        for (int i = 0; i < Tasks; i++)
        {
            await PostAsync(host, "/api/v1/sessions/one/messages", """{"role":"user","content":"x"}""");
            await PostAsync(host, "/api/v1/sessions/one/commit?wait=60", "{}");
        }

        string[] paths =
        [
            $"/api/v1/tasks?limit={Tasks}",
            $"/api/v1/tasks?limit={Tasks}&resource_id=one",
            $"/api/v1/tasks?limit={Tasks}&status=completed",
        ];
        List<int> before = await CountAsync();

        // A tilde comes after all that is newer.
        await SeedAsync(storage, "tasks/by-user/default/default/~", "-c0");
        await SeedAsync(storage, "tasks/by-session/default/default/one/~", "-c0");
        await SeedAsync(storage, "tasks/by-user/default/other/~", "-c0");
        List<int> after = await CountAsync();

        Assert.Equal(before, after);
        Assert.All(after, static count => Assert.InRange(count, Tasks, (2 * Tasks) + 1));

        async Task<List<int>> CountAsync()
        {
            List<int> counts = [];
            foreach (string path in paths)
            {
                log.Clear();
                using HttpResponseMessage page = await host.Client.GetAsync(path, Cancelled);
                using var json = JsonDocument.Parse(await page.Content.ReadAsStringAsync(Cancelled));
                Assert.Equal(Tasks, json.RootElement.GetProperty("result").GetArrayLength());
                counts.Add(log.Count);
            }

            return counts;
        }
    }

    [Fact]
    public async Task A_page_of_archives_is_one_request_for_each_and_two_where_an_older_version_switched_it()
    {
        const int Archives = 12;
        const int Page = 10;
        var log = new RequestLog();
        SessionStorage storage = await simulated.NewStorageAsync(log.Configure);
        await using (ApiHost host = await ApiHost.StartAsync(storage))
        {
            for (int i = 0; i < Archives; i++)
            {
                await PostAsync(host, "/api/v1/sessions/one/messages", """{"role":"user","content":"x"}""");
                await PostAsync(host, "/api/v1/sessions/one/commit?wait=60", "{}");
            }
        }

        string listed = await ListAsync(1 + Page);
        Assert.Equal(0, log.Requests.Count(static r => r.Blob.Contains("/semantic", StringComparison.Ordinal)));

        // As entries were before they had the line.
        int older = 0;
        await foreach (BlobItem blob in storage.Container.GetBlobsAsync(BlobTraits.None, BlobStates.None, "archives/", Cancelled))
        {
            if (blob.Name.Contains("/index/", StringComparison.Ordinal))
            {
                BlobClient entry = storage.Container.GetBlobClient(blob.Name);
                JsonObject json = JsonNode.Parse((await entry.DownloadContentAsync(Cancelled)).Value.Content)!.AsObject();
                older += json.Remove("abstract") ? 1 : 0;
                await entry.UploadAsync(BinaryData.FromString(json.ToJsonString()), overwrite: true, Cancelled);
            }
        }

        Assert.Equal(Archives, older);
        Assert.Equal(listed, await ListAsync(1 + (2 * Page)));

        // A host that knows nothing yet: the manifest, and what the page shows.
        async Task<string> ListAsync(int requests)
        {
            await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false);
            log.Clear();
            using HttpResponseMessage page = await host.Client.GetAsync($"/api/v1/sessions/one/archives?limit={Page}", Cancelled);
            string text = await page.Content.ReadAsStringAsync(Cancelled);
            using var json = JsonDocument.Parse(text);
            JsonElement[] archives = [.. json.RootElement.GetProperty("result").EnumerateArray()];
            Assert.Equal(Page, archives.Length);
            Assert.All(archives, static a => Assert.Equal("1 messages", a.GetProperty("abstract").GetString()));
            Assert.True(log.Count == requests, log.ToString());
            return text;
        }
    }

    private static async Task SeedAsync(SessionStorage storage, string prefix, string suffix)
    {
        var options = new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["session"] = "one", ["incarnation"] = "i" } };
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancelled };
        await Parallel.ForEachAsync(Enumerable.Range(0, Many), atOnce, async (i, token) =>
        {
            string name = prefix + i.ToString("D6", CultureInfo.InvariantCulture) + suffix;
            await storage.Container.GetBlobClient(name).UploadAsync(BinaryData.Empty, options, token);
        });
    }

    private static async Task PostAsync(ApiHost host, string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await host.Client.PostAsync(path, content, Cancelled);
        Assert.True(response.IsSuccessStatusCode);
    }
}
