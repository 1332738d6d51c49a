using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The real server with its local storage, started, stopped and killed.</summary>
public sealed class LifetimeTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task It_says_where_it_serves_and_answers_there()
    {
        await using ServerProcess server = await StartAsync();

        using HttpResponseMessage answer = await server.Client.GetAsync("/health");
        using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("ok", body.RootElement.GetProperty("status").GetString());
        Assert.True(body.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Equal("dev", body.RootElement.GetProperty("auth_mode").GetString());
        Assert.Contains(
            $"curl -s {server.Address.ToString().TrimEnd('/')}/api/v1/sessions/demo/messages", server.Output, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signal.Terminate)]
    [InlineData(Signal.Interrupt)]
    public async Task It_stops_cleanly_on_a_signal_and_Azurite_ends_with_it(int signal)
    {
        await using ServerProcess server = await StartAsync();
        using Process azurite = FindAzurite();
        await server.Client.GetAsync("/health");

        var clock = Stopwatch.StartNew();
        int exitCode = await server.SignalAsync(signal);

        Assert.Equal(0, exitCode);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(25), $"It took {clock.Elapsed}.");
        Assert.True(azurite.HasExited);
        Assert.Equal("", server.Errors);
    }

    [Fact]
    public async Task Killed_and_started_again_at_once_it_finds_everything_that_was_acknowledged()
    {
        await using ServerProcess first = await StartAsync();
        BlobContainerClient container = Container(first);
        for (int i = 0; i < 50; i++)
        {
            await container.GetBlobClient($"blob-{i}").UploadAsync(BinaryData.FromString($"content {i}"));
        }

        using Process azurite = FindAzurite();
        await first.KillAsync();
        await using ServerProcess second = await StartAsync();

        // It has saved and ended before the second one opened the folder; the system may still have to bury it.
        await azurite.WaitForExitAsync().WaitAsync(s_timeout);
        container = Container(second);
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal($"content {i}", (await container.GetBlobClient($"blob-{i}").DownloadContentAsync()).Value.Content.ToString());
        }
    }

    [Fact]
    public async Task An_Azurite_that_ends_by_itself_runs_again_on_the_same_port_with_its_data()
    {
        await using ServerProcess server = await StartAsync();
        BlobClient blob = Container(server).GetBlobClient("blob");
        await blob.UploadAsync(BinaryData.FromString("content"));

        using (Process azurite = FindAzurite())
        {
            Signal.Send(azurite.Id, Signal.Terminate);
            await azurite.WaitForExitAsync().WaitAsync(s_timeout);
        }

        await AssertEventuallyAsync(() => server.Output.Contains("Azurite runs again", StringComparison.Ordinal), server);
        Assert.Equal("content", (await blob.DownloadContentAsync()).Value.Content.ToString());
        using Process next = FindAzurite();
        Assert.Equal(0, await server.TerminateAsync());
        Assert.True(next.HasExited);
    }

    [Fact]
    public async Task An_Azurite_that_keeps_ending_ends_the_server_with_one_line_and_exit_code_1()
    {
        await using ServerProcess server = await StartAsync();
        int last = 0;
        await AssertEventuallyAsync(
            () =>
            {
                if (TryFindAzurite() is { } azurite)
                {
                    using (azurite)
                    {
                        if (azurite.Id != last)
                        {
                            last = azurite.Id;
                            azurite.Kill();
                        }
                    }
                }

                return server.Errors.Length > 0;
            },
            server);

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.StartsWith("error: Azurite ended", server.Errors, StringComparison.Ordinal);
        Assert.Equal(1, server.Errors.Count(character => character == '\n'));
    }

    [Fact]
    public async Task Signals_that_a_terminal_sends_to_all_leave_Azurite_to_the_server()
    {
        await using ServerProcess server = await StartAsync();
        using Process azurite = FindAzurite();

        Signal.Send(azurite.Id, Signal.Interrupt);

        await Container(server).GetBlobClient("blob").UploadAsync(BinaryData.FromString("content"));
        Assert.False(azurite.HasExited);
    }

    [Fact]
    public async Task Two_servers_never_use_one_data_folder()
    {
        await using ServerProcess server = await StartAsync();

        (int exitCode, _, string errors) = await ServerProcess.RunAsync(Settings(), "--urls", "http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: Another server uses the data in {_folder.Path}", errors, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health")).StatusCode);
    }

    [Fact]
    public async Task A_paused_server_goes_on_where_it_was()
    {
        await using ServerProcess server = await StartAsync();

        server.Pause();
        Task<HttpResponseMessage> answer = server.Client.GetAsync("/health");
        await AssertEventuallyAsync(() => StateOf(server.ProcessId) == 'T', server);
        Assert.False(answer.IsCompleted);
        server.Continue();

        Assert.Equal(HttpStatusCode.OK, (await answer.WaitAsync(s_timeout)).StatusCode);
    }

    public void Dispose() => _folder.Dispose();

    private Dictionary<string, string> Settings() => new() { ["Storage__Folder"] = _folder.Path };

    private Task<ServerProcess> StartAsync() => ServerProcess.StartAsync(Settings());

    private Process FindAzurite()
    {
        string id = File.ReadAllText(Path.Combine(_folder.Path, "azurite.pid")).Split(' ')[0];
        return Process.GetProcessById(int.Parse(id, CultureInfo.InvariantCulture));
    }

    private Process? TryFindAzurite()
    {
        try
        {
            return FindAzurite();
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // Between two of them.
            return null;
        }
    }

    private BlobContainerClient Container(ServerProcess server)
    {
        string key = File.ReadAllText(Path.Combine(_folder.Path, AccountKey.FileName));
        return SessionStorage.Connect(AzuriteProcess.ConnectionStringFor(server.AzuritePort, key), "durable-sessions").Container;
    }

    private static char StateOf(int processId) => File.ReadAllText($"/proc/{processId}/stat").Split(") ")[^1][0];

    private static async Task AssertEventuallyAsync(Func<bool> condition, ServerProcess server)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < s_timeout, $"It has not happened within {s_timeout}:\n{server.Output}{server.Errors}");
            await Task.Delay(20);
        }
    }
}
