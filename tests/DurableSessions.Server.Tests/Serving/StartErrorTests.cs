using System.Net;
using System.Net.Sockets;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>A start that fails writes one line that says why, and the exit code is 1.</summary>
public sealed class StartErrorTests(AzuriteFixture azurite)
{
    [Theory]
    [InlineData("nonsense", "'nonsense' is no address to listen on")]
    [InlineData("http://127.0.0.1:99999", "is no address to listen on")]
    [InlineData("http://127.0.0.1:5000/path", "is no address to listen on")]
    [InlineData("ftp://127.0.0.1:5000", "is no address to listen on")]
    public async Task An_address_that_will_not_do(string urls, string expected) => await AssertErrorAsync([], urls, expected);

    [Theory]
    [InlineData("http://127.0.0.1:0;http://0.0.0.0:0", "There are no keys, so any client that reaches http://0.0.0.0:0")]
    [InlineData("http://*:5000", "There are no keys")]
    [InlineData("http://[::]:5000", "There are no keys")]
    [InlineData("http://192.0.2.1:5000", "There are no keys")]
    public async Task An_address_that_others_could_reach_while_there_are_no_keys(string urls, string expected) =>
        await AssertErrorAsync(await EmptyContainerAsync(), urls, expected);

    [Fact]
    public async Task An_endpoint_of_Kestrel_that_others_could_reach() =>
        await AssertErrorAsync(
            new(await EmptyContainerAsync()) { ["Kestrel__Endpoints__Open__Url"] = "http://0.0.0.0:5000" },
            "http://127.0.0.1:0",
            "There are no keys");

    [Theory]
    [InlineData("nonsense", "ConnectionStrings:Storage is no connection string")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=!!!", "ConnectionStrings:Storage is no connection string")]
    [InlineData("http://account.blob.core.windows.net", "not one of a blob service")]
    [InlineData("https://account.blob.core.windows.net/?sig=secret", "not one of a blob service")]
    public async Task A_connection_that_is_invalid(string connection, string expected)
    {
        string error = await AssertErrorAsync(Connection(connection), "http://127.0.0.1:0", expected);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_name_that_is_invalid()
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment["Storage__Container"] = "Not_A_Name";
        await AssertErrorAsync(environment, "http://127.0.0.1:0", "Storage:Container 'Not_A_Name' is no container name");
    }

    [Theory]
    [InlineData("Temporal", "Engine is 'Temporal'; it must be Embedded or DurableTask.")]
    [InlineData("DurableTask", "Engine is DurableTask, but ConnectionStrings:Scheduler is missing")]
    public async Task An_engine_that_is_invalid(string engine, string expected)
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment["Engine"] = engine;
        await AssertErrorAsync(environment, "http://127.0.0.1:0", expected);
    }

    [Fact]
    public async Task An_ownership_that_is_invalid()
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment["Embedded__OwnershipSeconds"] = "soon";
        await AssertErrorAsync(environment, "http://127.0.0.1:0", "Embedded:OwnershipSeconds 'soon' is not a whole number from 3 to 300.");
    }

    [Theory]
    [InlineData("Burst", "0", "Limits:Burst '0' is not a whole number from 1 to 1000000.")]
    [InlineData("BodyBytes", "many", "Limits:BodyBytes 'many' is not a whole number from 1024 to 33554432.")]
    public async Task A_limit_that_is_invalid(string name, string value, string expected)
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment[$"Limits__{name}"] = value;
        await AssertErrorAsync(environment, "http://127.0.0.1:0", expected);
    }

    [Theory]
    [InlineData("a minute")]
    [InlineData("86401")]
    public async Task A_window_for_repetitions_that_is_invalid(string value)
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment["Appends__RepetitionSeconds"] = value;
        await AssertErrorAsync(
            environment, "http://127.0.0.1:0", $"Appends:RepetitionSeconds '{value}' is not a whole number from 0 (off) to 86400.");
    }

    [Theory]
    [InlineData("never")]
    [InlineData("-1")]
    [InlineData("301")]
    public async Task A_time_to_stop_that_is_invalid(string value)
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment["Host__StopSeconds"] = value;
        await AssertErrorAsync(
            environment, "http://127.0.0.1:0", $"Host:StopSeconds '{value}' is not a whole number from 0 to 300.");
    }

    [Theory]
    [InlineData("a month")]
    [InlineData("-1")]
    [InlineData("3651")]
    public async Task A_retention_that_is_invalid(string value)
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment["Retention__TaskDays"] = value;
        await AssertErrorAsync(
            environment, "http://127.0.0.1:0", $"Retention:TaskDays '{value}' is not a whole number from 0 (for ever) to 3650.");
    }

    [Theory]
    [InlineData("MessageCountThreshold", "1001", "AutoCommit:MessageCountThreshold '1001' is not a whole number from 0 to 1000.")]
    [InlineData("IdleTimeoutSeconds", "1d", "AutoCommit:IdleTimeoutSeconds '1d' is not a whole number from 0 to 604800.")]
    public async Task A_policy_for_new_sessions_that_is_invalid(string name, string value, string expected)
    {
        Dictionary<string, string> environment = Connection(await azurite.GetConnectionStringAsync());
        environment[$"AutoCommit__{name}"] = value;
        await AssertErrorAsync(environment, "http://127.0.0.1:0", expected);
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
