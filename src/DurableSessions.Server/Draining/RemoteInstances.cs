using System.Net;
using System.Text.Json;
using DurableSessions.Orchestration;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Draining;

/// <summary>
/// The instances of a Functions app, by the HTTP API of its Durable Functions extension: no command reaches the app's task hub. Servers
/// have the same API under the same path.
/// </summary>
internal sealed class RemoteInstances : IDisposable
{
    private const string TokenHeader = "x-ms-continuation-token";

    private readonly HttpClient _http;

    /// <param name="app">Where the app is.</param>
    /// <param name="key">A system key of the extension, or an operator's key; <see langword="null"/>: none.</param>
    /// <param name="handler">Sends; the caller disposes it.</param>
    public RemoteInstances(Uri app, string? key, HttpMessageHandler handler)
    {
        _http = new HttpClient(handler, disposeHandler: false) { BaseAddress = app, Timeout = TimeSpan.FromSeconds(30) };
        if (key is not null)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation("x-functions-key", key);
            _http.DefaultRequestHeaders.TryAddWithoutValidation("X-API-Key", key);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>
    /// Counts those that are not over; <see langword="null"/> where the app is away or busy, or its listing stands still.
    /// </summary>
    /// <exception cref="ClientException">It refuses, or is no such API.</exception>
    public async Task<Remaining?> CountAsync(CancellationToken cancellationToken)
    {
        var remaining = new Remaining();
        string? token = null;
        try
        {
            do
            {
                string? before = token;
                token = await ListAsync(remaining, before, cancellationToken);
                if (token is not null && token == before)
                {
                    return null;
                }
            }
            while (token is not null);
        }
        catch (HttpRequestException e) when (IsPassing(e.StatusCode))
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (HttpRequestException e)
        {
            throw new ClientException($"{_http.BaseAddress} answered {(int)e.StatusCode!} to the listing of its instances. Are --url and "
                + "--key those of a Functions app (its system key durabletask_extension), or a server and an operator's key?");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ClientException($"{_http.BaseAddress} answers with no listing of instances. Is --url right?");
        }

        return remaining;
    }

    private static bool IsPassing(HttpStatusCode? status) =>
        status is null or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;

    private async Task<string?> ListAsync(Remaining remaining, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            $"runtime/webhooks/durabletask/instances?top=1000&runtimeStatus={string.Join(',', OrchestrationRuntimeStatuses.NotOver)}");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation(TokenHeader, token);
        }

        using HttpResponseMessage answer = await _http.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using JsonDocument page = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
        string? next = answer.Headers.TryGetValues(TokenHeader, out IEnumerable<string>? tokens) ? tokens.First() : null;
        foreach (JsonElement instance in page.RootElement.EnumerateArray())
        {
            remaining.Add(
                instance.GetProperty("name").GetString(),
                instance.TryGetProperty("customStatus", out JsonElement status) ? status.GetRawText() : null);
        }

        return next is "" or "null" ? null : next;
    }
}
