using System.CommandLine;
using System.Net;
using DurableSessions.Server.Keys;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>Keys are made, listed and revoked beside a server that others can reach.</summary>
public sealed class KeysCommandTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task A_key_is_shown_once_lets_its_user_in_and_is_revoked()
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = (await azurite.NewContainerAsync()).Name,
        };
        Assert.Equal("There never was a key. Make the first one with 'keys add'.\n", await RunAsync(environment, "list"));

        string[] added = (await RunAsync(environment, "add", "--account", "acme", "--user", "ann")).TrimEnd().Split('\n');
        string key = added[^1];
        string id = added[0].Split(' ')[1];
        Assert.Equal($"Key {id} of user ann of account acme. It is shown this once:", added[0]);
        string operatorKey = (await RunAsync(environment, "add", "--operator")).TrimEnd().Split('\n')[^1];
        string listed = await RunAsync(environment, "list");
        Assert.Matches(
            $@"\A{id}  \d{{4}}-\d\d-\d\d \d\d:\d\dZ  used never  user ann of account acme\n"
            + @"[0-9a-f]{12}  .*  an operator\n2 of at most 10000 keys\.\n\z",
            listed);
        Assert.DoesNotContain(key[^43..], listed, StringComparison.Ordinal);

        await using (ServerProcess server = await ServerProcess.StartAsync(environment))
        {
            Assert.Contains("Every request needs a key.", server.Output, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, await GetAsync(server, key));
            Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(server, operatorKey));
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(server, null));
            Assert.DoesNotContain(key[^43..], server.Output + server.Errors, StringComparison.Ordinal);
        }

        Assert.Equal($"Key {id} is revoked; within a minute no host takes it.\n", await RunAsync(environment, "revoke", id));
        await using (ServerProcess server = await ServerProcess.StartAsync(environment))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(server, key));
        }
    }

    [Fact]
    public async Task A_key_has_a_name_an_end_and_a_scope_and_is_rotated()
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = (await azurite.NewContainerAsync()).Name,
        };
        string[] added = (await RunAsync(environment, "add", "--name", "ci of ann", "--expires", "30", "--read-only")).Split('\n');
        string id = added[0].Split(' ')[1];
        Assert.Equal($"Key {id} of user default of account default, read-only. It is shown this once:", added[0]);

        string[] rotated = (await RunAsync(environment, "rotate", id, "--overlap", "1")).TrimEnd().Split('\n');

        string next = rotated[0].Split(' ')[1];
        Assert.StartsWith($"dsk_{next}_", rotated[^1], StringComparison.Ordinal);
        string listed = await RunAsync(environment, "list");
        const string Time = @"\d{4}-\d\d-\d\d \d\d:\d\dZ";
        const string Owner = "user default of account default, read-only, expires";
        Assert.Matches(
            $@"\A{id}  {Time}  used never  {Owner} {Time}, rotated to {next}, named ci of ann\n"
            + $@"{next}  {Time}  used never  {Owner} {Time}, named ci of ann\n2 of at most 10000 keys\.\n\z",
            listed);
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(environment, "keys", "rotate", id);
        Assert.Equal(1, exitCode);
        Assert.Contains($"error: Key {id} was rotated already: key {next} takes its place.", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("revoke")]
    [InlineData("rotate")]
    public async Task A_key_that_is_not_there(string command)
    {
        var environment = new Dictionary<string, string>
        {
            ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
            ["Storage__Container"] = (await azurite.NewContainerAsync()).Name,
        };
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(environment, "keys", command, "0123456789ab");
        Assert.Contains("error: There is no key 0123456789ab.", errors, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    [Theory]
    [InlineData("--overlap is 0 to 720 hours.", "rotate", "0123456789ab", "--overlap", "721")]
    [InlineData("--expires is 1 to 3650 days.", "add", "--expires", "soon")]
    [InlineData("--name is 1 to 64 characters", "add", "--name", "two\nlines")]
    [InlineData("--user is 1 to 128 characters", "add", "--user", "a b")]
    [InlineData("An operator's key belongs to no account and no user.", "add", "--operator", "--user", "ann")]
    public async Task An_option_that_is_invalid_is_said_and_fails(string expected, params string[] arguments)
    {
        using var errors = new StringWriter();
        var root = new RootCommand { KeysCommand.Create() };
        int exitCode = await root.Parse(["keys", .. arguments])
            .InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = errors }, TestContext.Current.CancellationToken);
        Assert.Contains(expected, errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
    }

    private static async Task<string> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(environment, ["keys", .. arguments]);
        Assert.Equal(0, exitCode);
        if (arguments[0] == "list")
        {
            Assert.Equal("", errors);
        }
        else
        {
            Assert.Matches(
                $@"\A\S+Z info: DurableSessions\.Audit\[30\d\d\] Key [0-9a-f]{{12}} .* by operator {Environment.UserName}\n\z", errors);
            Assert.DoesNotContain("dsk_", errors, StringComparison.Ordinal);
        }

        return output;
    }

    private static async Task<HttpStatusCode> GetAsync(ServerProcess server, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions");
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        using HttpResponseMessage response = await server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
