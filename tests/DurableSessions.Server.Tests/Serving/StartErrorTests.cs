using System.Net;
using System.Net.Sockets;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>A start that fails writes one line that says why, and the exit code is 1.</summary>
public sealed class StartErrorTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task An_address_that_will_not_do() =>
        await AssertErrorAsync([], "nonsense", "'nonsense' is no address to listen on; --urls takes such as http://127.0.0.1:1933.");

    [Fact]
    public async Task An_address_that_others_could_reach_while_there_are_no_keys() => await AssertErrorAsync(
        await EmptyContainerAsync(),
        "http://127.0.0.1:0;http://0.0.0.0:0",
        "There are no keys, so any client that reaches http://0.0.0.0:0");

    [Fact]
    public async Task A_connection_that_is_invalid()
    {
        string error = await AssertErrorAsync(
            Connection("https://account.blob.core.windows.net/?sig=secret"), "http://127.0.0.1:0", "not one of a blob service");
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Storage_that_does_not_answer()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)unused.LocalEndPoint!).Port;
        await AssertErrorAsync(
            Connection(AzuriteProcess.ConnectionStringFor(port)), "http://127.0.0.1:0", "cannot be reached: Connection refused");
    }

    [Fact]
    public async Task Storage_that_refuses_the_key()
    {
        string connection = (await azurite.GetConnectionStringAsync()).Replace(
            "AccountKey=Eby8", "AccountKey=AAAA", StringComparison.Ordinal);
        string error = await AssertErrorAsync(Connection(connection), "http://127.0.0.1:0", "refuses the credentials");
        Assert.DoesNotContain("AAAA", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_another_process_listens_on()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";
        await AssertErrorAsync(await DevAsync(), url, $"Another process listens on {url} already");
    }

    [Fact]
    public async Task Kestrel_cannot_do_what_was_asked() => await AssertErrorAsync(
        await DevAsync(), "http://localhost:0", "Cannot listen on http://localhost:0");

    [Fact]
    public async Task No_Node_where_local_storage_is_wanted()
    {
        using var empty = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["PATH"] = empty.Path, ["Storage__Folder"] = Path.Combine(empty.Path, "data") };
        await AssertErrorAsync(environment, "http://127.0.0.1:0", "needs Node.js");
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_created()
    {
        var environment = new Dictionary<string, string> { ["Storage__Folder"] = "/dev/null/data" };
        await AssertErrorAsync(environment, "http://127.0.0.1:0", "The data folder /dev/null/data cannot be used");
    }

    [Fact]
    public async Task An_option_that_is_invalid()
    {
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(new Dictionary<string, string>(), "--bogus");
        Assert.Equal(1, exitCode);
        Assert.Contains("'--bogus'", errors, StringComparison.Ordinal);
    }

    private async Task<Dictionary<string, string>> EmptyContainerAsync() =>
        new(Connection(await azurite.GetConnectionStringAsync())) { ["Storage__Container"] = (await azurite.NewContainerAsync()).Name };

    private async Task<Dictionary<string, string>> DevAsync() => new(await EmptyContainerAsync()) { ["Auth__Mode"] = "dev" };

    internal static Dictionary<string, string> Connection(string connection) => new() { ["ConnectionStrings__Storage"] = connection };

    internal static async Task<string> AssertErrorAsync(Dictionary<string, string> environment, string urls, string expected)
    {
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(environment, "--urls", urls);

        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(character => character == '\n'));
        Assert.Equal("", output);
        Assert.Equal(1, exitCode);
        return errors;
    }
}
