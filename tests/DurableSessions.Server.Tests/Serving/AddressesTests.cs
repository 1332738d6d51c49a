using DurableSessions.Hosting;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Configuration;

namespace DurableSessions.Server.Tests.Serving;

public sealed class AddressesTests
{
    private static readonly IConfiguration s_nothing = new ConfigurationBuilder().Build();

    [Theory]
    [InlineData("nonsense")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("http://127.0.0.1:5000/path")]
    [InlineData("ftp://127.0.0.1:5000")]
    public void An_address_that_will_not_do_is_named(string url) => Assert.Equal(
        $"'{url}' is no address to listen on; --urls takes such as {Addresses.Default}.",
        Assert.Throws<StartException>(() => Addresses.Parse($"http://127.0.0.1:0;{url}", s_nothing)).Message);

    [Theory]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0", "http://0.0.0.0:0")]
    [InlineData("http://*:5000", "http://*:5000")]
    [InlineData("http://[::]:5000", "http://[::]:5000")]
    [InlineData("http://192.0.2.1:5000", "http://192.0.2.1:5000")]
    [InlineData("http://127.0.0.1:0;http://localhost:5000;http://[::1]:5000", null)]
    public void The_first_that_others_could_reach(string urls, string? expected) =>
        Assert.Equal(expected, Addresses.Parse(urls, s_nothing).Reachable);

    [Fact]
    public void An_endpoint_of_Kestrel_counts()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("Kestrel:Endpoints:Open:Url", (string?)"http://0.0.0.0:5000")])
            .Build();
        Assert.Equal("http://0.0.0.0:5000", Addresses.Parse("http://127.0.0.1:0", configuration).Reachable);
    }
}
