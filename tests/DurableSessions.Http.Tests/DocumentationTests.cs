using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests;

public sealed partial class DocumentationTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Every_route_is_in_the_document_with_what_it_does_an_example_and_its_errors()
    {
        JsonElement document = (await api.GetAsync("/openapi/v1.json")).Json;
        Assert.Equal("Durable sessions", document.GetProperty("info").GetProperty("title").GetString());
        List<string> bare = [];
        List<string> names = [];
        int count = 0;
        foreach (JsonProperty path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (JsonProperty operation in path.Value.EnumerateObject())
            {
                count++;
                JsonElement described = operation.Value;
                bool isWhole = described.TryGetProperty("summary", out _) && described.TryGetProperty("description", out _)
                    && described.GetProperty("responses").EnumerateObject().Any(static r => r.Name[0] == '2')
                    && described.GetProperty("responses").TryGetProperty("400", out JsonElement error)
                    && error.GetProperty("content").GetProperty("application/json").GetProperty("example")
                        .GetProperty("error").GetProperty("code").GetString() == "INVALID_ARGUMENT"
                    && PathParameter().Matches(path.Name).Select(static m => m.Groups[1].Value).All(
                        name => described.GetProperty("parameters").EnumerateArray().Any(
                            p => p.GetProperty("name").GetString() == name && p.GetProperty("in").GetString() == "path"));
                if (!isWhole)
                {
                    bare.Add($"{operation.Name} {path.Name}");
                }
                else
                {
                    names.Add(described.GetProperty("operationId").GetString()!);
                }
            }
        }

        Assert.True(bare.Count == 0, $"Describe these in RouteDescriptions: {string.Join(", ", bare)}");
        Assert.InRange(count, 26, int.MaxValue);
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public async Task A_route_is_described_in_full()
    {
        JsonElement paths = (await api.GetAsync("/openapi/v1.json")).Json.GetProperty("paths");
        JsonElement append = paths.GetProperty("/api/v1/sessions/{session_id}/messages").GetProperty("post");
        Assert.Equal("Append a message", append.GetProperty("summary").GetString());
        JsonElement body = append.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
        Assert.Equal("user", body.GetProperty("example").GetProperty("role").GetString());
        Assert.Equal("string", body.GetProperty("schema").GetProperty("properties").GetProperty("content").GetProperty("type").GetString());
        Assert.Equal(
            ["session_id", "Idempotency-Key"],
            append.GetProperty("parameters").EnumerateArray().Select(static p => p.GetProperty("name").GetString()));
        Assert.Equal(
            ["200", "400", "401", "403", "413", "429", "500", "503"],
            append.GetProperty("responses").EnumerateObject().Select(static r => r.Name).Order());
    }

    [Fact]
    public async Task The_page_loads_nothing_from_anywhere_else()
    {
        Reply page = await api.GetAsync("/docs/");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.StartsWith("text/html", page.ContentType, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'self';", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page.Text);
        string[] scripts = [.. Script().Matches(page.Text).Select(static m => m.Groups[1].Value)];
        Assert.NotEmpty(scripts);
        foreach (string script in scripts)
        {
            Reply answer = await api.GetAsync(new Uri(new Uri(api.Address, "/docs/"), script).PathAndQuery);
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Contains("javascript", answer.ContentType, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_page_runs_its_own_scripts_alone_and_is_framed_by_no_other()
    {
        Reply page = await api.GetAsync("/docs/");
        Dictionary<string, string> policy = page.Header("Content-Security-Policy").Split("; ")
            .ToDictionary(static d => d.Split(' ')[0], static d => d[d.IndexOf(' ')..].Trim());
        Assert.Equal("'self'", policy["default-src"]);
        Assert.Equal("'none'", policy["frame-ancestors"]);
        Assert.Equal("'none'", policy["base-uri"]);
        Assert.Equal("'none'", policy["object-src"]);
        Assert.Equal("'none'", policy["form-action"]);
        string nonce = Nonce().Match(policy["script-src"]).Groups[1].Value;
        Assert.InRange(nonce.Length, 22, 100);
        Assert.All(ScriptTag().Matches(page.Text), tag => Assert.Contains($"nonce=\"{nonce}\"", tag.Value, StringComparison.Ordinal));
        Assert.NotEqual(
            page.Header("Content-Security-Policy"), (await api.GetAsync("/docs/")).Header("Content-Security-Policy"));
    }

    [GeneratedRegex("^'self' 'nonce-([^']+)'$")]
    private static partial Regex Nonce();

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex ScriptTag();

    [GeneratedRegex(@"\{([a-z_]+)\}")]
    private static partial Regex PathParameter();

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex Script();
}
