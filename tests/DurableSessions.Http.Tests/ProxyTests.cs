using System.Net;
using System.Net.Sockets;
using System.Text;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace DurableSessions.Http.Tests;

public sealed class ProxyTests(AzuriteFixture azurite)
{
    private static readonly HttpLimits s_few = new() { UnauthenticatedRequestsPerSecond = 3 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Clients_behind_a_trusted_proxy_are_limited_each_by_its_own_address()
    {
        await using ApiHost host = await StartAsync(new ProxySettings { Trusted = "127.0.0.1" });
        await ExhaustAsync(host, "203.0.113.1");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(host, "203.0.113.2"));

        // The proxy appends the address that it sees: what stands before it was sent by the client, who could write any.
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(host, "203.0.113.3, 203.0.113.1"));
    }

    [Fact]
    public async Task A_client_that_is_no_trusted_proxy_is_not_believed()
    {
        await using ApiHost host = await StartAsync(new ProxySettings { Trusted = "192.0.2.0/24" });
        await ExhaustAsync(host, "203.0.113.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(host, "203.0.113.2"));
    }

    [Fact]
    public async Task Without_a_trusted_proxy_no_client_is_believed()
    {
        await using ApiHost host = await StartAsync(new ProxySettings());
        await ExhaustAsync(host, "203.0.113.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(host, "203.0.113.2"));
    }

    [Fact]
    public async Task As_many_proxies_are_believed_as_there_are()
    {
        await using ApiHost host = await StartAsync(new ProxySettings { Trusted = "127.0.0.1, 10.0.0.0/8", Hops = 2 });
        await ExhaustAsync(host, "203.0.113.1, 10.1.2.3");
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(host, "203.0.113.2, 10.1.2.3"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(host, "10.9.9.9, 203.0.113.1, 10.1.2.3"));

        // A client in the proxies' network is a client all the same.
        await ExhaustAsync(host, "203.0.113.7, 10.9.9.9, 10.1.2.3");
        Assert.Equal(HttpStatusCode.TooManyRequests, await AskAsync(host, "203.0.113.8, 10.9.9.9, 10.1.2.3"));
    }

    [Fact]
    public void The_proxies_that_ASP_NET_Core_believes_by_itself_are_not_believed()
    {
        var options = new ForwardedHeadersOptions();
        Assert.NotEmpty(options.KnownProxies);
        new TrustedProxies(Options.Create(new ProxySettings { Trusted = "192.0.2.7" })).Configure(options);
        Assert.Empty(options.KnownProxies);
        Assert.Equal("192.0.2.7/32", Assert.Single(options.KnownIPNetworks).ToString());
    }

    [Fact]
    public async Task A_balancers_probes_are_never_limited()
    {
        await using ApiHost host = await StartAsync(new ProxySettings());
        await ExhaustAsync(host, null);
        for (int i = 0; i < 50; i++)
        {
            foreach (string path in (string[])["/health", "/ready"])
            {
                using HttpResponseMessage probe = await host.Client.GetAsync(path, Cancelled);
                Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
            }
        }
    }

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("10.0.0.0/8, 192.0.2.7,2001:db8::/32 , ::1")]
    [InlineData("")]
    public void Addresses_and_networks_are_read(string text) => Assert.NotNull(TrustedProxies.TryParse(text));

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("::/0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("proxy.example")]
    [InlineData("10.0.0.1;10.0.0.2")]
    public void Other_texts_and_all_addresses_are_not(string text) => Assert.Null(TrustedProxies.TryParse(text));

    [Fact]
    public void There_are_at_most_a_hundred_networks()
    {
        Assert.Equal(100, TrustedProxies.TryParse(string.Join(',', Enumerable.Repeat("10.0.0.1", 100)))?.Count);
        Assert.Null(TrustedProxies.TryParse(string.Join(',', Enumerable.Repeat("10.0.0.1", 101))));
    }

    [Fact]
    public void A_mapped_IPv4_address_is_that_address()
    {
        var proxies = new TrustedProxies(Options.Create(new ProxySettings { Trusted = "192.0.2.0/24" }));
        Assert.True(proxies.Contains(IPAddress.Parse("::ffff:192.0.2.9")));
        Assert.False(proxies.Contains(IPAddress.Parse("192.0.3.9")));
    }

    [Fact]
    public async Task One_address_has_a_share_of_the_connections_and_another_is_answered()
    {
        var limits = new HttpLimits { ConnectionsPerAddress = 2 };
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, limits: limits);
        using TcpClient? first = await OpenAsync(host, "127.0.0.2");
        using TcpClient? second = await OpenAsync(host, "127.0.0.2");
        using TcpClient? third = await OpenAsync(host, "127.0.0.2");
        using TcpClient? other = await OpenAsync(host, "127.0.0.3");
        Assert.Equal((true, true, false, true), (first is not null, second is not null, third is not null, other is not null));

        // The host learns of the end of a connection after its client.
        first!.Close();
        TcpClient? next = null;
        while (next is null)
        {
            Cancelled.ThrowIfCancellationRequested();
            next = await OpenAsync(host, "127.0.0.2");
        }

        next.Dispose();
    }

    [Fact]
    public async Task A_trusted_proxy_may_have_more_connections_than_an_address()
    {
        var limits = new HttpLimits { ConnectionsPerAddress = 1 };
        await using ApiHost host = await ApiHost.StartAsync(
            await azurite.NewStorageAsync(), withEngine: false, limits: limits, proxies: new ProxySettings { Trusted = "127.0.0.2" });
        using TcpClient? first = await OpenAsync(host, "127.0.0.2");
        using TcpClient? second = await OpenAsync(host, "127.0.0.2");
        Assert.Equal((true, true), (first is not null, second is not null));
    }

    private async Task<ApiHost> StartAsync(ProxySettings proxies)
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await new KeyStore(storage.Container, TimeProvider.System).AddAsync("acme", "ann", Cancelled);
        return await ApiHost.StartAsync(storage, withEngine: false, keyTime: TimeProvider.System, limits: s_few, proxies: proxies);
    }

    private static async Task ExhaustAsync(ApiHost host, string? forwardedFor)
    {
        HttpStatusCode status;
        do
        {
            Cancelled.ThrowIfCancellationRequested();
            status = await AskAsync(host, forwardedFor);
            Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests]);
        }
        while (status != HttpStatusCode.TooManyRequests);
    }

    private static async Task<HttpStatusCode> AskAsync(ApiHost host, string? forwardedFor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/system/status");
        if (forwardedFor is not null)
        {
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        }

        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        return response.StatusCode;
    }

    // Null: the host has closed the connection; its client may learn of that as early as it connects.
    private static async Task<TcpClient?> OpenAsync(ApiHost host, string from)
    {
        var tcp = new TcpClient(new IPEndPoint(IPAddress.Parse(from), 0));
        bool isAnswered = false;
        try
        {
            await tcp.ConnectAsync(IPAddress.Loopback, host.Client.BaseAddress!.Port, Cancelled);
            await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"), Cancelled);
            isAnswered = await tcp.GetStream().ReadAsync(new byte[256], Cancelled) > 0;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
        }

        if (isAnswered)
        {
            return tcp;
        }

        tcp.Dispose();
        return null;
    }
}
