using System.Net;
using System.Net.Http.Headers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DurableSessions.Server.Clients;

/// <summary>What a server answered.</summary>
/// <param name="Result">The envelope's result.</param>
/// <param name="Next">Where the next page begins; <see langword="null"/>: there is none.</param>
internal sealed record ApiAnswer(JsonElement Result, string? Next = null);

/// <summary>
/// The HTTP API of a server, as any client uses it. A request that may be sent again, since it changes nothing, has an idempotency key, or
/// is idempotent by its method, is sent up to <see cref="MaxAttempts"/> times where the connection is lost, or the server is busy or away.
/// </summary>
internal sealed class SessionApi : IDisposable
{
    /// <summary>How often a request is sent.</summary>
    public const int MaxAttempts = 6;

    /// <summary>The most messages of one batch.</summary>
    public const int MaxBatch = 100;

    /// <summary>The most bytes of one batch of more than one message: well below what servers take.</summary>
    public const int MaxBatchBytes = 4 * 1024 * 1024;

    /// <summary>The largest answer that is read at once; archives and contexts are read message by message.</summary>
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    private const string NextHeader = "X-Next-Cursor";

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_maxDelay = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    /// <param name="server">Where, and who asks.</param>
    /// <param name="time">Waits.</param>
    /// <param name="handler">Sends; it is disposed with this.</param>
    public SessionApi(ServerAddress server, TimeProvider time, HttpMessageHandler handler)
    {
        _time = time;
        _http = new HttpClient(handler)
        {
            BaseAddress = server.Url,
            Timeout = s_timeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        foreach ((string name, string? value) in server.Headers.Where(static header => header.Value is not null))
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>The server.</summary>
    public Uri Address => _http.BaseAddress!;

    /// <summary>A handler of connections that follows no redirection: a key goes to the address that was given, and to no other.</summary>
    public static HttpMessageHandler CreateHandler() => new SocketsHttpHandler { AllowAutoRedirect = false };

    public Task<ApiAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, body: null, key: null, cancellationToken);

    public Task<ApiAnswer> PostAsync(string path, JsonNode? body, string? key, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body ?? new JsonObject(), key, cancellationToken);

    /// <summary>Appends messages, all or none.</summary>
    public async Task<JsonElement> AppendAsync(
        string session, IEnumerable<JsonNode> messages, string? key, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["messages"] = new JsonArray([.. messages]) };
        return (await PostAsync($"sessions/{Escape(session)}/messages/batch", body, key, cancellationToken)).Result;
    }

    /// <summary>Accepted, or skipped.</summary>
    public async Task<JsonElement> CommitAsync(string session, int keepRecent, string? key, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["keep_recent_count"] = keepRecent };
        return (await PostAsync($"sessions/{Escape(session)}/commit", body, key, cancellationToken)).Result;
    }

    public async Task<JsonElement> GetTaskAsync(string id, int waitSeconds, CancellationToken cancellationToken)
    {
        string query = waitSeconds > 0 ? $"?wait={waitSeconds}" : "";
        return (await GetAsync($"tasks/{Escape(id)}{query}", cancellationToken)).Result;
    }

    /// <summary>The answer, or <see langword="null"/> where there is no such thing.</summary>
    public async Task<JsonElement?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await GetAsync(path, cancellationToken)).Result;
        }
        catch (ClientException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Deletes what is there. Where it is gone by a request whose answer was lost, the answer is empty.</summary>
    /// <exception cref="ClientException">404: it was not there at the first request; another client may have deleted it.</exception>
    public async Task<JsonElement> DeleteAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return (await SendAsync(HttpMethod.Delete, path, body: null, key: null, cancellationToken)).Result;
        }
        catch (ClientException e) when (e.Status == (int)HttpStatusCode.NotFound && e.FollowsLost)
        {
            return JsonElement.Parse("{}");
        }
    }

    /// <summary>The items of a listing, page by page.</summary>
    /// <param name="path">The listing, with a query that has a limit.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ClientException">It does not go on: a page leads back to one before, or to itself.</exception>
    public async IAsyncEnumerable<JsonElement> ListAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        string? mark = null;
        for (long pages = 1; ; pages++)
        {
            string next = cursor is null ? "" : $"&cursor={Escape(cursor)}";
            ApiAnswer page = await GetAsync(path + next, cancellationToken);
            foreach (JsonElement item in page.Result.EnumerateArray())
            {
                yield return item;
            }

            cursor = page.Next;
            if (cursor is null)
            {
                yield break;
            }

            if (cursor == mark)
            {
                throw new ClientException($"{_http.BaseAddress} does not go on with a listing: a page leads back to one before.");
            }

            // Of each circle one cursor is met again: the one that is kept stands for ever longer ways (Brent's cycle detection).
            mark = BitOperations.IsPow2(pages) ? cursor : mark;
        }
    }

    /// <summary>Begins to read an answer with messages, which are read one by one.</summary>
    public async Task<StreamedAnswer> ReadMessagesAsync(string path, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await RepeatAsync(
            HttpMethod.Get, path, body: null, key: null, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return new StreamedAnswer(response, await response.Content.ReadAsStreamAsync(cancellationToken), _time);
    }

    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? key, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await RepeatAsync(
            method, path, body, key, HttpCompletionOption.ResponseContentRead, cancellationToken);
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (Envelope(text) is { } envelope && envelope.TryGetProperty("result", out JsonElement result))
        {
            string? next = response.Headers.TryGetValues(NextHeader, out IEnumerable<string>? values) ? values.First() : null;
            return new ApiAnswer(result, next);
        }

        throw new ClientException($"{_http.BaseAddress} is no server of sessions: {method} {path} was answered without a result.");
    }

    public void Dispose() => _http.Dispose();

    public static string Escape(string segment) => segment is "." or ".."
        ? throw new ClientException($"'{segment}' is no id.")
        : Uri.EscapeDataString(segment);

    private async Task<HttpResponseMessage> RepeatAsync(
        HttpMethod method, string path, JsonNode? body, string? key, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        byte[]? content = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body, Json.Line);
        bool isSafe = method != HttpMethod.Post || key is not null;
        bool hasLost = false;
        for (int attempt = 1; ; attempt++)
        {
            ClientException error;
            try
            {
                using HttpRequestMessage request = Request(method, path, content, key);
                HttpResponseMessage response = await _http.SendAsync(request, completion, cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                error = await ErrorAsync(response, hasLost, cancellationToken);
                response.Dispose();

                // A proxy answers so where it has lost the server's answer.
                hasLost |= response.StatusCode
                    is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            }
            catch (Exception e) when (IsLost(e, cancellationToken))
            {
                hasLost = true;
                error = new ClientException($"{_http.BaseAddress} does not answer: {e.Message}", isRetryable: true);
            }

            // Of a request that was refused for its number nothing was done.
            bool mayRepeat = error.IsRetryable && (isSafe || error.Status == (int)HttpStatusCode.TooManyRequests);
            if (!mayRepeat || attempt == MaxAttempts || error.RetryAfter > s_maxDelay)
            {
                throw error;
            }

            await Task.Delay(error.RetryAfter ?? (s_firstDelay * Math.Pow(2, attempt - 1)), _time, cancellationToken);
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, byte[]? content, string? key)
    {
        var request = new HttpRequestMessage(method, new Uri($"api/v1/{path}", UriKind.Relative));
        if (content is not null)
        {
            request.Content = new ByteArrayContent(content);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return request;
    }

    // Cancelled though the caller did not ask for it: the time limit of the client.
    private static bool IsLost(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task<ClientException> ErrorAsync(
        HttpResponseMessage response, bool followsLost, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
        string text = await response.Content.ReadAsStringAsync(cancellationToken);
        int status = (int)response.StatusCode;
        TimeSpan? retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero,
            _ => null,
        };
        if (Envelope(text) is not { } envelope || !envelope.TryGetProperty("error", out JsonElement error))
        {
            return new ClientException(
                $"{_http.BaseAddress} answered {status} without an envelope.", status, retryAfter, status is 429 or 502 or 503 or 504);
        }

        bool isConflict = status == 409
            && error.TryGetProperty("details", out JsonElement details)
            && details.TryGetProperty("retryable", out JsonElement retryable)
            && retryable.ValueKind == JsonValueKind.True;
        return new ClientException(
            $"{Json.Text(error, "message")} ({Json.Text(error, "code")}, {status})", status, retryAfter,
            isConflict || status is 429 or 502 or 503)
        {
            FollowsLost = followsLost,
        };
    }

    private static JsonElement? Envelope(string text)
    {
        try
        {
            var root = JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = Json.MaxDepth });
            return root.ValueKind == JsonValueKind.Object ? root : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
