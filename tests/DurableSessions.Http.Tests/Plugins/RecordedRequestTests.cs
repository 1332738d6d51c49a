using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Http.Tests.Hosting;

namespace DurableSessions.Http.Tests.Plugins;

/// <summary>
/// What OpenViking's plugins send, in their order, with texts of our own: each request is answered, with the fields that the plugin reads.
/// </summary>
/// <remarks>
/// A file for each plugin. A step has the <c>request</c>, its <c>peer</c> and <c>body</c>, and the <c>status</c> (200) and <c>answer</c>:
/// of the result, or the error, what the plugin reads. In a text <c>*</c> stands for any characters, and <c>"#"</c> for a number. What
/// <c>keep</c> names of an answer is <c>{kept}</c> in later steps. A step <c>after</c> commits is sent once none runs.
/// </remarks>
public sealed class RecordedRequestTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "Plugins");

    [Theory]
    [InlineData("claude-code")]
    [InlineData("codex")]
    [InlineData("openclaw")]
    [InlineData("opencode")]
    public async Task A_plugin_is_answered_as_it_expects(string plugin)
    {
        string user = $"u{Guid.NewGuid():N}";
        string kept = "";
        string steps = await File.ReadAllTextAsync(Path.Combine(s_folder, $"{plugin}.json"), TestContext.Current.CancellationToken);
        int number = 0;
        foreach (JsonElement recorded in JsonDocument.Parse(steps).RootElement.EnumerateArray())
        {
            string text = recorded.GetRawText()
                .Replace("{user}", user, StringComparison.Ordinal).Replace("{kept}", kept, StringComparison.Ordinal);
            JsonElement step = JsonDocument.Parse(text).RootElement;
            string request = step.GetProperty("request").GetString()!;
            string at = string.Create(CultureInfo.InvariantCulture, $"{plugin} {++number}: {request}");
            if (Find(step, "after") is not null)
            {
                (await api.PostAsync("/api/v1/system/wait", """{"timeout":60}""", ("X-OpenViking-User", user))).Succeeded();
            }

            Reply reply = await SendAsync(user, request, step);
            Assert.True((Find(step, "status")?.GetInt32() ?? 200) == (int)reply.Status, $"{at}\n{reply.Text}");
            JsonElement answer = reply.Json.TryGetProperty("result", out JsonElement result) ? result
                : reply.Json.TryGetProperty("error", out JsonElement error) ? error
                : reply.Json;
            AssertHas(step.GetProperty("answer"), answer, at);
            kept = Find(step, "keep") is { } name ? answer.GetProperty(name.GetString()!).GetString()! : kept;
        }
    }

    private Task<Reply> SendAsync(string user, string request, JsonElement step)
    {
        string[] line = request.Split(' ');
        (string, string)[] headers = [("X-OpenViking-User", user)];
        return api.SendAsync(
            new HttpMethod(line[0]),
            line[1],
            Find(step, "body")?.GetRawText(),
            Find(step, "peer") is { } peer ? [.. headers, ("X-OpenViking-Actor-Peer", peer.GetString()!)] : headers);
    }

    private static JsonElement? Find(JsonElement step, string name) => step.TryGetProperty(name, out JsonElement value) ? value : null;

    private static void AssertHas(JsonElement expected, JsonElement actual, string at)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in expected.EnumerateObject())
                {
                    Assert.True(actual.TryGetProperty(property.Name, out JsonElement value), $"{at}: no {property.Name} in\n{actual}");
                    AssertHas(property.Value, value, $"{at}.{property.Name}");
                }

                break;
            case JsonValueKind.Array:
                Assert.True(expected.GetArrayLength() == actual.GetArrayLength(), $"{at}: {actual}");
                foreach ((JsonElement one, int i) in expected.EnumerateArray().Select(static (e, i) => (e, i)))
                {
                    AssertHas(one, actual[i], string.Create(CultureInfo.InvariantCulture, $"{at}[{i}]"));
                }

                break;
            case JsonValueKind.String when expected.GetString() == "#":
                Assert.True(actual.ValueKind == JsonValueKind.Number, $"{at}: {actual}");
                break;
            case JsonValueKind.String:
                string pattern = $"\\A{Regex.Escape(expected.GetString()!).Replace("\\*", ".*", StringComparison.Ordinal)}\\z";
                Assert.True(
                    actual.ValueKind == JsonValueKind.String && Regex.IsMatch(actual.GetString()!, pattern, RegexOptions.Singleline),
                    $"{at}: {actual} is not {expected}");
                break;
            default:
                Assert.True(expected.GetRawText() == actual.GetRawText(), $"{at}: {actual} is not {expected}");
                break;
        }
    }
}
