using System.Net;
using System.Net.Sockets;
using System.Text;
using DurableSessions.Core.Webhooks;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Core.Tests.Webhooks;

/// <summary>What is on the wire of a webhook, and what its receiver can do to the host.</summary>
public sealed class WebhookSenderTests : IDisposable
{
    private const string Taken = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1614265330));
    private readonly TcpListener _receiver = new(IPAddress.Loopback, 0);
    private readonly List<string> _resolved = [];

    public WebhookSenderTests() => _receiver.Start();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)_receiver.LocalEndpoint).Port;

    public void Dispose() => _receiver.Dispose();

    [Fact]
    public async Task A_message_is_signed_and_goes_to_the_address_that_was_looked_at()
    {
        using WebhookSender sender = Sender(allowsPrivate: true);
        Task<string> request = AnswerAsync(Taken);
        Assert.Equal(WebhookAnswer.Taken, await sender.SendAsync(Message("/in?token=1"), Cancelled));
        string[] lines = (await request).Split("\r\n");
        Assert.Equal("POST /in?token=1 HTTP/1.1", lines[0]);
        Assert.Contains($"Host: hooks.example:{Port}", lines);
        Assert.Contains("Content-Type: application/json", lines);
        Assert.Contains("webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek", lines);
        Assert.Contains("webhook-timestamp: 1614265330", lines);
        Assert.Contains("webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", lines);
        Assert.Equal("""{"test": 2432232314}""", lines[^1]);
        Assert.Equal(["hooks.example"], _resolved);
    }

    [Theory]
    [InlineData("hooks.example")]
    [InlineData("127.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    public async Task A_private_address_is_not_connected_to(string host)
    {
        using WebhookSender sender = Sender(allowsPrivate: false);

        // A receiver that was connected to would not answer.
        WebhookException e = await Assert.ThrowsAsync<WebhookException>(
            () => sender.SendAsync(Message("/?token=1", host), Cancelled).WaitAsync(s_longest, Cancelled));
        Assert.EndsWith("has no public address (Webhooks:AllowPrivate).", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token", e.ToString(), StringComparison.Ordinal);
        Assert.False(_receiver.Pending());
    }

    [Theory]
    [InlineData(302)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(503)]
    public async Task What_is_not_taken_may_be_sent_again_and_no_redirect_is_followed(int status)
    {
        using WebhookSender sender = Sender(allowsPrivate: true);
        Task<string> request = AnswerAsync(
            $"HTTP/1.1 {status} Status\r\nLocation: http://hooks.example:{Port}/other\r\nContent-Length: 0\r\n\r\n");
        WebhookException e = await Assert.ThrowsAsync<WebhookException>(() => sender.SendAsync(Message("/?token=1"), Cancelled));
        Assert.Equal($"The webhook's receiver http://hooks.example:{Port} has answered {status}.", e.Message);
        await request;
        Assert.False(_receiver.Pending());
    }

    [Fact]
    public async Task A_receiver_that_is_gone_wants_no_more()
    {
        using WebhookSender sender = Sender(allowsPrivate: true);
        Task<string> request = AnswerAsync("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(WebhookAnswer.Gone, await sender.SendAsync(Message("/"), Cancelled));
        await request;
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_ends_with_the_time()
    {
        using WebhookSender sender = Sender(allowsPrivate: true);
        Task<WebhookAnswer> sending = sender.SendAsync(Message("/?token=1"), Cancelled);
        using TcpClient client = await _receiver.AcceptTcpClientAsync(Cancelled);
        _time.Advance(TimeSpan.FromSeconds(10));
        WebhookException e = await Assert.ThrowsAsync<WebhookException>(() => sending);
        Assert.Equal($"The webhook's receiver http://hooks.example:{Port} has not answered within 10 s.", e.Message);
    }

    [Fact]
    public async Task A_receiver_that_cuts_the_connection_is_tried_again()
    {
        using WebhookSender sender = Sender(allowsPrivate: true);
        Task<WebhookAnswer> sending = sender.SendAsync(Message("/?token=1"), Cancelled);
        (await _receiver.AcceptTcpClientAsync(Cancelled)).Dispose();
        WebhookException e = await Assert.ThrowsAsync<WebhookException>(() => sending);
        Assert.StartsWith(
            $"The webhook's receiver http://hooks.example:{Port} could not be reached", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_of_the_host_is_no_answer()
    {
        using WebhookSender sender = Sender(allowsPrivate: true);
        using var stop = new CancellationTokenSource();
        Task<WebhookAnswer> sending = sender.SendAsync(Message("/"), stop.Token);
        using TcpClient client = await _receiver.AcceptTcpClientAsync(Cancelled);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    private WebhookSender Sender(bool allowsPrivate) => new(
        WebhookSecret.Find("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!, allowsPrivate, TimeSpan.FromSeconds(10), _time, (host, _) =>
        {
            _resolved.Add(host);
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        });

    private WebhookMessage Message(string path, string host = "hooks.example") => new(
        WebhookUrl.Find($"http://{host}:{Port}{path}", allowsHttp: true, out _)!, "msg_p5jXN8AQM9LWM0D4loKWxJek",
        """{"test": 2432232314}"""u8.ToArray());

    // The request as it came.
    private async Task<string> AnswerAsync(string answer)
    {
        using TcpClient client = await _receiver.AcceptTcpClientAsync(Cancelled);
        NetworkStream stream = client.GetStream();
        var request = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!request.ToString().EndsWith('}'))
        {
            int read = await stream.ReadAsync(buffer, Cancelled);
            Assert.NotEqual(0, read);
            request.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(answer), Cancelled);
        return request.ToString();
    }
}
