using System.Net;
using System.Text.RegularExpressions;

namespace DurableSessions.Ui.Tests.Hosting;

/// <summary>A browser as far as HTTP goes: it keeps cookies, and follows no redirect by itself.</summary>
internal sealed partial class Visitor : IDisposable
{
    private readonly SocketsHttpHandler _handler = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
    private readonly HttpClient _client;
    private string _token = "";

    public Visitor(Uri address) => _client = new HttpClient(_handler) { BaseAddress = address };

    public CookieContainer Cookies => _handler.CookieContainer;

    public async Task<Seen> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, headers);
    }

    /// <summary>Sends a form with the token of the last page that had one.</summary>
    public async Task<Seen> PostAsync(
        string path, Dictionary<string, string>? fields = null, bool withToken = true, params (string Name, string Value)[] headers)
    {
        fields ??= [];
        if (withToken)
        {
            fields["token"] = _token;
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        return await SendAsync(request, headers);
    }

    /// <summary>The events of a page.</summary>
    public async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken) =>
        await _client.GetStreamAsync(path, cancellationToken);

    /// <summary>Signs in; it has the form before.</summary>
    public async Task<Seen> SignInAsync(string key, string wanted = "/ui")
    {
        await GetAsync("/ui/sign-in");
        return await PostAsync("/ui/sign-in", new Dictionary<string, string> { ["key"] = key, ["return"] = wanted });
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private async Task<Seen> SendAsync(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        string text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (Token().Match(text) is { Success: true } token)
        {
            _token = WebUtility.HtmlDecode(token.Groups[1].Value);
        }

        var all = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(static h => h.Key, static h => string.Join("\n", h.Value), StringComparer.OrdinalIgnoreCase);
        return new Seen((int)response.StatusCode, text, all);
    }

    [GeneratedRegex("name=\"token\" value=\"([^\"]*)\"")]
    private static partial Regex Token();
}

/// <summary>What came back.</summary>
internal sealed record Seen(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
