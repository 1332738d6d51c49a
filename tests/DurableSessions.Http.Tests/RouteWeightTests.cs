using System.Globalization;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.AspNetCore.WebUtilities;

namespace DurableSessions.Http.Tests;

/// <summary>Each route has a weight on purpose, and costs storage no more requests than it weighs.</summary>
public sealed class RouteWeightTests(AzuriteFixture azurite)
{
    private const string Instances = "/runtime/webhooks/durabletask/instances";

    // The least and the most, by the query.
    private static readonly Dictionary<string, (int Least, int Most)> s_weights = new()
    {
        ["GET /health"] = (1, 1),
        ["GET /ready"] = (3, 3),
        ["GET /openapi/v1.json"] = (1, 1),
        ["GET /api/v1/system/status"] = (1, 1),
        ["POST /api/v1/system/wait"] = (100, 100),
        ["POST /api/v1/digest_again"] = (1, 11),
        ["POST /api/v1/system/digest_again"] = (1, 11),
        ["POST /api/v1/sessions/"] = (6, 6),
        ["GET /api/v1/sessions/"] = (1, 11),
        ["GET /api/v1/sessions/{session_id}"] = (6, 6),
        ["DELETE /api/v1/sessions/{session_id}"] = (20, 20),
        ["PATCH /api/v1/sessions/{session_id}/config"] = (8, 8),
        ["POST /api/v1/sessions/{session_id}/messages"] = (1, 1),
        ["POST /api/v1/sessions/{session_id}/messages/batch"] = (1, 1),
        ["POST /api/v1/sessions/{session_id}/commit"] = (25, 25),
        ["GET /api/v1/sessions/{session_id}/context"] = (6, 26),
        ["GET /api/v1/sessions/{session_id}/archives"] = (3, 201),
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}"] = (5, 5),
        ["GET /api/v1/sessions/{session_id}/tool-results"] = (6, 6),
        ["POST /api/v1/sessions/{session_id}/archives/{archive_id}/digest"] = (25, 25),
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}/digests"] = (18, 18),
        ["POST /api/v1/sessions/{session_id}/used"] = (4, 4),
        ["GET /api/v1/sessions/{session_id}/archives/{archive_id}/memory_diff"] = (5, 5),
        ["POST /api/v1/sessions/{session_id}/archives/{archive_id}/memory_diff/undo"] = (101, 101),
        ["GET /api/v1/memories/"] = (1, 1),
        ["GET /api/v1/memories/search"] = (12, 210),
        ["GET /api/v1/memories/{category}/{name}"] = (2, 2),
        ["PUT /api/v1/memories/{category}/{name}"] = (6, 6),
        ["DELETE /api/v1/memories/{category}/{name}"] = (6, 6),
        ["GET /api/v1/content/read"] = (6, 6),
        ["GET /api/v1/content/abstract"] = (6, 6),
        ["GET /api/v1/content/overview"] = (6, 6),
        ["GET /api/v1/fs/ls"] = (7, 7),
        ["DELETE /api/v1/fs/"] = (6, 6),
        ["POST /api/v1/search/find"] = (20, 20),
        ["POST /api/v1/search/search"] = (20, 20),
        ["POST /api/v1/search/recall"] = (20, 20),
        ["POST /api/v1/search/grep"] = (5, 5),
        ["POST /mcp/"] = (20, 20),
        ["GET /api/v1/tasks/"] = (17, 401),
        ["GET /api/v1/tasks/{task_id}"] = (6, 6),
        ["GET /api/v1/tasks/{task_id}/events"] = (10, 10),
        ["POST /api/v1/tasks/{task_id}/cancel"] = (10, 10),
        ["POST /api/v1/tasks/{task_id}/retry"] = (25, 25),
        [$"GET {Instances}/"] = (10, 2_008),
        [$"GET {Instances}/{{instance_id}}"] = (4, 4),
        [$"DELETE {Instances}/{{instance_id}}"] = (8, 8),
        [$"POST {Instances}/{{instance_id}}/raiseEvent/{{event_name}}"] = (8, 8),
        [$"POST {Instances}/{{instance_id}}/terminate"] = (8, 8),
        [$"POST {Instances}/{{instance_id}}/suspend"] = (8, 8),
        [$"POST {Instances}/{{instance_id}}/resume"] = (8, 8),
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_has_a_weight_on_purpose()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false);
        var found = new Dictionary<string, (int Least, int Most)?>();
        foreach (RouteEndpoint route in host.Routes)
        {
            string path = "/" + route.RoutePattern.RawText!.TrimStart('/');
            if (path == "/bug" || path.StartsWith("/docs", StringComparison.Ordinal))
            {
                continue;
            }

            RouteWeight? weight = route.Metadata.GetMetadata<RouteWeight>();
            foreach (string method in route.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods)
            {
                (int Least, int Most)? bounds = weight is null
                    ? null
                    : (weight.Of(Query("?limit=1&top=1")), weight.Of(Query("?limit=99999&top=99999&query=bell")));
                found.Add($"{method} {path}", bounds);
            }
        }

        Assert.Equal(
            s_weights.Select(static w => $"{w.Key}: {w.Value}").Order(StringComparer.Ordinal),
            found.Select(static w => $"{w.Key}: {w.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("?limit=0", 3)]
    [InlineData("?limit=-5", 3)]
    [InlineData("?limit=many", 201)]
    [InlineData("?limit=", 201)]
    [InlineData("?limit=1&limit=2", 201)]
    [InlineData("?limit=99999999999", 201)]
    public async Task A_parameter_that_is_not_valid_has_a_weight_too(string query, int expected)
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false);
        RouteEndpoint route = host.Routes.Single(static r => r.RoutePattern.RawText!.EndsWith("/archives", StringComparison.Ordinal));
        Assert.Equal(expected, route.Metadata.GetMetadata<RouteWeight>()!.Of(Query(query)));
    }

    [Fact]
    public async Task What_a_request_costs_storage_is_in_its_weight()
    {
        const int Commits = 10;
        var log = new RequestLog();
        SessionStorage storage = await azurite.NewStorageAsync(log.Configure);
        string task = "";
        string digest;
        await using (ApiHost first = await ApiHost.StartAsync(storage))
        {
            for (int i = 0; i < Commits; i++)
            {
                string text = i == 0 ? "remember the bell" : string.Create(CultureInfo.InvariantCulture, $"message {i}");
                await AskAsync(first, HttpMethod.Post, "/api/v1/sessions/s/messages", $$"""{"role":"user","content":"{{text}}"}""");
                using HttpResponseMessage commit = await SendAsync(first, HttpMethod.Post, "/api/v1/sessions/s/commit?wait=60", "{}");
                task = commit.Headers.Location!.ToString().Split('/')[^1];
            }

            await AskAsync(first, HttpMethod.Post, "/api/v1/sessions/s/messages", """{"role":"user","content":"last"}""");
            using HttpResponseMessage preview = await SendAsync(
                first, HttpMethod.Post, "/api/v1/sessions/s/archives/archive_001/digest?wait=60", """{"mode":"preview"}""");
            digest = preview.Headers.Location!.ToString();
        }

        // One that remembers nothing: each of these is the dearest it can be.
        string[] reads =
        [
            "/api/v1/sessions/s", "/api/v1/sessions?limit=1000", "/api/v1/sessions/s/context?token_budget=0",
            "/api/v1/sessions/s/archives?limit=10", "/api/v1/sessions/s/archives/archive_001",
            "/api/v1/sessions/s/archives/archive_001/digests", "/api/v1/sessions/s/archives/archive_001/memory_diff",
            "/api/v1/memories/", "/api/v1/memories/events/remembered",
            "/api/v1/content/read?uri=viking://user/default/sessions/s/history/archive_001/memory_diff.json",
            "/api/v1/content/read?uri=viking://~/sessions/s/history/archive_001",
            "/api/v1/content/abstract?uri=viking://~/sessions/s", "/api/v1/content/overview?uri=viking://~/sessions/s",
            "/api/v1/fs/ls?uri=viking://~/memories&recursive=true", "/api/v1/fs/ls?uri=viking://~/sessions/s/history&node_limit=1",
            "/api/v1/fs/ls?uri=viking://~/sessions/s", "/api/v1/sessions/s/tool-results",
            "/api/v1/tasks?limit=10", "/api/v1/tasks?status=completed&limit=10", $"/api/v1/tasks/{task}", digest,
            $"/api/v1/tasks/{task}/events", $"/api/v1/tasks/{task}?wait=60",
            $"{Instances}/{task}", $"{Instances}?top=10", "/ready", "/health",
        ];
        List<string> tooDear = [];
        foreach (string path in reads)
        {
            await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false);
            await CountAsync(host, HttpMethod.Get, path);
        }

        await using (ApiHost host = await ApiHost.StartAsync(storage, withEngine: false))
        {
            const string Search = "/api/v1/memories/search?q=bell+message&limit=10";
            await AskAsync(host, HttpMethod.Get, Search);
            await CountAsync(host, HttpMethod.Get, Search);
            foreach (string context in (string[])["/api/v1/sessions/s/context", "/api/v1/sessions/s/context?query=bell"])
            {
                // What it reads of archives is taken besides, once for each block and entry; the tests of the core count those.
                await AskAsync(host, HttpMethod.Get, context);
                await CountAsync(host, HttpMethod.Get, context);
            }

            await CountAsync(host, HttpMethod.Post, "/api/v1/search/find", """{"query":"bell message"}""");
            await CountAsync(host, HttpMethod.Post, "/api/v1/search/search", """{"query":"bell message","mode":"context"}""");
            await CountAsync(host, HttpMethod.Post, "/api/v1/search/recall", """{"query":"bell message"}""");
            const string Pattern = """{"pattern":"bell","uri":"viking://~/sessions/s/history/archive_001"}""";
            await CountAsync(host, HttpMethod.Post, "/api/v1/search/grep", Pattern);
            await CountAsync(host, HttpMethod.Post, "/api/v1/system/wait", "{}");
            await CountAsync(host, HttpMethod.Post, "/api/v1/sessions", """{"session_id":"t"}""");
            await CountAsync(host, HttpMethod.Patch, "/api/v1/sessions/t/config", """{"auto_commit_policy":null}""");
            await CountAsync(host, HttpMethod.Post, "/api/v1/sessions/t/used", """{"contexts":["a"]}""");
            await CountAsync(host, HttpMethod.Put, "/api/v1/memories/events/one", """{"content":"x"}""");
            await CountAsync(host, HttpMethod.Delete, "/api/v1/memories/events/one");
            await CountAsync(host, HttpMethod.Post, "/api/v1/sessions/s/archives/archive_001/memory_diff/undo", "{}");
            await CountAsync(host, HttpMethod.Post, "/api/v1/sessions/s/archives/archive_001/digest", """{"mode":"preview"}""");
            await AskAsync(host, HttpMethod.Post, "/api/v1/sessions/t/messages", """{"role":"user","content":"x"}""");
            await CountAsync(host, HttpMethod.Post, "/api/v1/sessions/t/messages", """{"role":"user","content":"x"}""");
            const string Batch = """{"messages":[{"role":"user","content":"x"}]}""";
            await CountAsync(host, HttpMethod.Post, "/api/v1/sessions/t/messages/batch", Batch);
            await CountAsync(host, HttpMethod.Delete, "/api/v1/sessions/t");
        }

        Assert.Empty(tooDear);

        async Task CountAsync(ApiHost host, HttpMethod method, string path, string? json = null)
        {
            log.Clear();
            await AskAsync(host, method, path, json);
            int cost = log.Count;
            int weight = WeightOf(host, method, path);
            if (cost > weight)
            {
                tooDear.Add($"{method} {path}: {cost} of {weight}\n{log}");
            }
        }
    }

    private static int WeightOf(ApiHost host, HttpMethod method, string path)
    {
        string[] parts = path.Split('?');
        RouteEndpoint route = host.Routes
            .Where(r => r.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(method.Method) == true)
            .Where(r => new TemplateMatcher(new RouteTemplate(r.RoutePattern), [])
                .TryMatch(parts[0], []))
            .MinBy(static r => r.RoutePattern.Parameters.Count)!;
        return route.Metadata.GetMetadata<RouteWeight>()!.Of(Query(parts.Length > 1 ? "?" + parts[1] : ""));
    }

    private static async Task AskAsync(ApiHost host, HttpMethod method, string path, string? json = null)
    {
        using HttpResponseMessage response = await SendAsync(host, method, path, json);
        Assert.True(
            response.IsSuccessStatusCode, $"{method} {path}: {response.StatusCode} {await response.Content.ReadAsStringAsync(Cancelled)}");
    }

    private static async Task<HttpResponseMessage> SendAsync(ApiHost host, HttpMethod method, string path, string? json)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        await response.Content.LoadIntoBufferAsync(Cancelled);
        return response;
    }

    private static QueryCollection Query(string query) => new(QueryHelpers.ParseQuery(query));
}
