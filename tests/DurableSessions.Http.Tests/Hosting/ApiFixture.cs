using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using DurableSessions.Testing;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>One host for the tests of a class, each of which has sessions of its own.</summary>
public class ApiFixture : IAsyncLifetime
{
    private readonly StorageFixture _storage;
    private ApiHost? _host;

    public ApiFixture(AzuriteFixture azurite)
        : this((StorageFixture)azurite)
    {
    }

    private protected ApiFixture(StorageFixture storage) => _storage = storage;

    internal ApiHost Host => _host!;

    public Uri Address => Host.Client.BaseAddress!;

    public async ValueTask InitializeAsync() => _host = await ApiHost.StartAsync(await _storage.NewStorageAsync());

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    public static string NewSession() => $"s-{Guid.NewGuid():N}";

    public Task<Reply> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, null, headers);

    public Task<Reply> PostAsync(string path, string? json = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, json, headers);

    public async Task<Reply> SendAsync(HttpMethod method, string path, string? json, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage response = await Host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers,
            response.Content.Headers.ContentType?.ToString());
    }
}

/// <summary>What came back.</summary>
public sealed record Reply(HttpStatusCode Status, string Text, HttpResponseHeaders Headers, string? ContentType)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public JsonElement Result => Json.GetProperty("result");

    public JsonElement Error => Json.GetProperty("error");

    /// <summary>The result's text, of an answer that is a success in its envelope.</summary>
    public string ResultText()
    {
        Assert.Equal(HttpStatusCode.OK, Status);
        Assert.Equal("application/json", ContentType);
        string result = Result.GetRawText();
        Assert.Equal($$"""{"status":"ok","result":{{result}},"error":null,"telemetry":null,"profile":null}""", Text);
        return result;
    }

    /// <summary>One text in the result of an answer that is a success.</summary>
    public string ResultText(string name) => Succeeded().Result.GetProperty(name).GetString()!;

    public Reply Succeeded()
    {
        ResultText();
        return this;
    }

    public string Header(string name) => Assert.Single(Headers.GetValues(name));
}
