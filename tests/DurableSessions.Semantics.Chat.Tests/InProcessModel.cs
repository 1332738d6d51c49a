using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using DurableSessions.Testing;

namespace DurableSessions.Semantics.Chat.Tests;

/// <summary>What <see cref="StubModel"/> is, without a socket: it answers on the thread that asks, as a simulated clock needs it.</summary>
internal sealed class InProcessModel : HttpMessageHandler
{
    private readonly List<JsonElement> _questions = [];
    private readonly Queue<Func<HttpResponseMessage>> _next = new();

    /// <summary>What it says where a test says nothing.</summary>
    public Func<JsonElement, string> Says { get; set; } = static _ => StubModel.Digest("An abstract", "# An overview");

    public IReadOnlyList<JsonElement> Questions => _questions;

    public InProcessModel NextSays(string text, int times = 1) => Next(() => Answer(text), times);

    public InProcessModel NextStatus(HttpStatusCode status, int times = 1) => Next(() => new HttpResponseMessage(status), times);

    /// <summary>A host has a handler of its own, and disposes of it.</summary>
    public HttpMessageHandler Handler() => new OfOneHost(this);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Assert.Equal("/v1/chat/completions", request.RequestUri!.AbsolutePath);
        JsonElement question = await request.Content!.ReadFromJsonAsync<JsonElement>(cancellationToken);
        _questions.Add(question);
        return _next.TryDequeue(out Func<HttpResponseMessage>? answer) ? answer() : Answer(Says(question));
    }

    private static HttpResponseMessage Answer(string text) =>
        new(HttpStatusCode.OK) { Content = JsonContent.Create(ChatCompletion.Of(text)) };

    private InProcessModel Next(Func<HttpResponseMessage> answer, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _next.Enqueue(answer);
        }

        return this;
    }

    private sealed class OfOneHost(InProcessModel model) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            model.SendAsync(request, cancellationToken);
    }
}
