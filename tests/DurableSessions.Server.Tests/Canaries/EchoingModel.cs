using System.Text;
using System.Text.Json;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Server.Tests.Canaries;

/// <summary>A model that repeats the key and the whole question in every answer but a good one.</summary>
internal sealed class EchoingModel : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _questions;

    private EchoingModel(WebApplication app) => _app = app;

    /// <summary>The status of its answers; those of 200 fit the schema only where it says so.</summary>
    public (int Status, bool Fits) Next { get; set; } = (200, true);

    /// <summary>The content of the memory that a good answer asks for.</summary>
    public required string Memory { get; init; }

    /// <summary>What an answer waits for.</summary>
    public Func<Task> Before { get; set; } = static () => Task.CompletedTask;

    public int Questions => Volatile.Read(ref _questions);

    public string Endpoint =>
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/v1";

    /// <summary>The settings of a server in dev mode that asks this model.</summary>
    /// <param name="connection">The connection string of its storage.</param>
    /// <param name="container">Its container.</param>
    public Dictionary<string, string> Settings(string connection, string container) => new()
    {
        ["ConnectionStrings__Storage"] = connection,
        ["Storage__Container"] = container,
        ["Auth__Mode"] = "dev",
        ["Semantics__Endpoint"] = Endpoint,
        ["Semantics__Model"] = "echo",
        ["Semantics__Key"] = "none",
        ["Semantics__AllowHttp"] = "true",
    };

    public static async Task<EchoingModel> StartAsync(string memory)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var model = new EchoingModel(builder.Build()) { Memory = memory };
        model._app.Run(model.AnswerAsync);
        await model._app.StartAsync();
        return model;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        Interlocked.Increment(ref _questions);
        using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
        string echo = $"{http.Request.Headers.Authorization} {await reader.ReadToEndAsync()}";
        (int status, bool fits) = Next;
        await Before();
        if (status != StatusCodes.Status200OK)
        {
            http.Response.StatusCode = status;
            http.Response.Headers.RetryAfter = "0";
            await http.Response.WriteAsJsonAsync(new { error = new { message = echo, type = echo, code = echo } });
            return;
        }

        string text = fits
            ? JsonSerializer.Serialize(new
            {
                @abstract = "line",
                overview = "overview",
                memories = new[] { new { operation = "create", category = "profile", name = "me", content = Memory } },
            })
            : echo;
        await http.Response.WriteAsJsonAsync(ChatCompletion.Of(text));
    }
}
