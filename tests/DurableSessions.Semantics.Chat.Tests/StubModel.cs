using System.Collections.Concurrent;
using System.Text.Json;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>An OpenAI-compatible server: it answers as a test says, in turn, and otherwise well.</summary>
internal sealed class StubModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, JsonElement, Task>> _next = new();
    private readonly ConcurrentQueue<JsonElement> _questions = new();
    private int _now;
    private int _most;

    private StubModel()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/chat/completions", AnswerAsync);
    }

    /// <summary>What it says where a test says nothing.</summary>
    public Func<JsonElement, string> Says { get; set; } = static _ => Digest("An abstract", "# An overview");

    public Uri Endpoint => new(_app.Urls.Single() + "/v1");

    public IReadOnlyList<JsonElement> Questions => [.. _questions];

    public string? Authorization { get; private set; }

    /// <summary>The most questions there were at the same time.</summary>
    public int MostAtOnce => Volatile.Read(ref _most);

    public static async Task<StubModel> StartAsync()
    {
        var stub = new StubModel();
        await stub._app.StartAsync();
        return stub;
    }

    public static string Digest(string line, string overview, params object[] memories) =>
        JsonSerializer.Serialize(new { @abstract = line, overview, memories });

    /// <summary>The document a question shows.</summary>
    public static JsonElement Document(JsonElement question)
    {
        string text = question.GetProperty("messages")[1].GetProperty("content").GetString()!;
        Assert.StartsWith("<data>\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n</data>", text, StringComparison.Ordinal);
        return JsonDocument.Parse(text["<data>\n".Length..^"\n</data>".Length]).RootElement;
    }

    public StubModel Next(Func<HttpContext, JsonElement, Task> answer, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            _next.Enqueue(answer);
        }

        return this;
    }

    public StubModel NextSays(string text, int times = 1) => Next((http, _) => SayAsync(http, text), times);

    public StubModel NextStatus(int status, int times = 1, string? retryAfter = null) => Next(
        (http, _) =>
        {
            http.Response.StatusCode = status;
            if (retryAfter is not null)
            {
                http.Response.Headers.RetryAfter = retryAfter;
            }

            return Task.CompletedTask;
        },
        times);

    public static Task SayAsync(HttpContext http, string? text, string ending = "stop", string? refusal = null) =>
        http.Response.WriteAsJsonAsync(ChatCompletion.Of(text, ending, refusal));

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        int now = Interlocked.Increment(ref _now);
        InterlockedMax(now);
        try
        {
            JsonElement question = (await JsonDocument.ParseAsync(http.Request.Body)).RootElement;
            _questions.Enqueue(question);
            Authorization = http.Request.Headers.Authorization;
            Task said = _next.TryDequeue(out Func<HttpContext, JsonElement, Task>? answer)
                ? answer(http, question)
                : SayAsync(http, Says(question));
            await said;
        }
        finally
        {
            Interlocked.Decrement(ref _now);
        }
    }

    private void InterlockedMax(int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref _most)) < value && Interlocked.CompareExchange(ref _most, value, seen) != seen)
        {
        }
    }
}
