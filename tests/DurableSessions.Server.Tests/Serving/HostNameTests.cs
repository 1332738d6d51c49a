using System.Net;
using DurableSessions.Engine;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Configuration;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The name under which a server goes on, when it is started again.</summary>
public sealed class HostNameTests
{
    [Theory]
    [InlineData(null, "machine-1933")]
    [InlineData("", "machine-1933")]
    [InlineData("eu.node_1", "eu.node_1")]
    public void A_server_has_the_name_that_is_set(string? value, string expected) =>
        Assert.Equal(expected, SettingsHost.Read<EngineOptions>(("Host:Name", value)).HostName);

    [Theory]
    [InlineData("a/b")]
    [InlineData(".a")]
    [InlineData("a b")]
    public void One_that_is_invalid_is_named(string value) => Assert.Equal(
        $"Host:Name '{value}' is no name of a host: a letter or digit, and up to 62 letters, digits, dots, hyphens and underscores.",
        SettingsHost.Error(("Host:Name", value)));

    [Theory]
    [InlineData(null, null, "127.0.0.1-1933")]
    [InlineData("http://127.0.0.1:8080", null, "127.0.0.1-8080")]
    [InlineData("http://127.0.0.1:8080;http://[::1]:8081", null, "---1--8081")]
    [InlineData("http://*:8080", null, "--8080")]
    [InlineData("http://127.0.0.1:0", null, null)]
    [InlineData("http://unix:/tmp/sessions.sock", null, null)]
    [InlineData(null, "http://10.0.0.4:9090", "10.0.0.4-9090")]
    [InlineData(null, "http://127.0.0.1:0", null)]
    public void Otherwise_it_is_that_of_the_machine_and_the_address(string? urls, string? endpoint, string? address)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("Kestrel:Endpoints:One:Url", endpoint)])
            .Build();
        Assert.Equal(
            address is null ? null : $"{Dns.GetHostName()}-{address}", Addresses.Parse(urls, configuration).HostName);
    }
}
