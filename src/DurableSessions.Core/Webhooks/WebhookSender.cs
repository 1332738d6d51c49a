using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace DurableSessions.Core.Webhooks;

/// <summary>
/// Sends webhooks. A connection goes to an address that was looked at, not to a name, so that a name that resolves anew leads nowhere
/// else. There is no proxy, no cookie, and no redirect that is followed; of an answer nothing but the status is used.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    private const int MaxAnswerBytes = 4 * 1024;
    private const int MaxHeaderKilobytes = 16;

    private readonly WebhookSecret _secret;
    private readonly bool _allowsPrivate;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly HttpClient _http;

    /// <summary>Connects when the first message is sent.</summary>
    /// <param name="secret">Signs them.</param>
    /// <param name="allowsPrivate">Whether addresses are taken that are not public.</param>
    /// <param name="timeout">Of one request as a whole.</param>
    /// <param name="time">The clock.</param>
    /// <param name="resolve">The addresses of a host; <see langword="null"/>: by DNS.</param>
    /// <param name="transport">Sends them in place of sockets; <see langword="null"/>: sockets do.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "The client owns its handler.")]
    public WebhookSender(
        WebhookSecret secret, bool allowsPrivate, TimeSpan timeout, TimeProvider time,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, HttpMessageHandler? transport = null)
    {
        _secret = secret;
        _allowsPrivate = allowsPrivate;
        _timeout = timeout;
        _time = time;
        _resolve = resolve ?? Dns.GetHostAddressesAsync;
        _http = new HttpClient(
            transport ?? new SocketsHttpHandler
            {
                ConnectCallback = ConnectAsync,
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                MaxResponseHeadersLength = MaxHeaderKilobytes,
                MaxResponseDrainSize = MaxAnswerBytes,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            },
            disposeHandler: transport is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Sends a message once.</summary>
    /// <exception cref="WebhookException">It was not taken, or no answer has come: it may be sent again.</exception>
    public async Task<WebhookAnswer> SendAsync(WebhookMessage message, CancellationToken cancellationToken)
    {
        long timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, message.Url.Uri)
        {
            Content = new ReadOnlyMemoryContent(message.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", _secret.Sign(message.Id, timestamp, message.Body.Span));

        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return answer.IsSuccessStatusCode ? WebhookAnswer.Taken
                : answer.StatusCode == HttpStatusCode.Gone ? WebhookAnswer.Gone
                : throw Failed(message, string.Create(CultureInfo.InvariantCulture, $"has answered {(int)answer.StatusCode}"));
        }
        catch (HttpRequestException e) when (FindRefusal(e) is { } refusal)
        {
            throw Failed(message, refusal.Message);
        }
        catch (HttpRequestException e)
        {
            throw Failed(message, $"could not be reached ({e.HttpRequestError})");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(message, string.Create(CultureInfo.InvariantCulture, $"has not answered within {_timeout.TotalSeconds} s"));
        }
    }

    public void Dispose() => _http.Dispose();

    private static WebhookException Failed(WebhookMessage message, string why) => new($"The webhook's receiver {message.Url} {why}.");

    private static AddressRefusedException? FindRefusal(Exception? e) =>
        e as AddressRefusedException ?? (e is null ? null : FindRefusal(e.InnerException));

    [SuppressMessage("Reliability", "CA2000", Justification = "The stream owns its socket.")]
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        string host = context.DnsEndPoint.Host;
        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? literal) ? [literal] : await _resolve(host, cancellationToken);
        IPAddress[] allowed = _allowsPrivate ? addresses : [.. addresses.Where(PublicAddresses.Contain)];
        if (allowed.Length == 0 && addresses.Length > 0)
        {
            throw new AddressRefusedException("has no public address (Webhooks:AllowPrivate)");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class AddressRefusedException(string message) : Exception(message);
}
