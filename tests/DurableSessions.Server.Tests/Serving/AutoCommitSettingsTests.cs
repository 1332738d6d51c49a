using System.Text.Json;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The policy that new sessions start with.</summary>
public sealed class AutoCommitSettingsTests
{
    [Fact]
    public void Off_unless_something_is_set()
    {
        Assert.Null(Read());
        Assert.Null(Read(("AutoCommit:KeepRecentCount", ""), ("Semantics:WhenFailed", "fail")));
    }

    [Fact]
    public void What_is_not_set_has_its_default()
    {
        Assert.Equal(new AutoCommitPolicy { KeepRecentCount = 4 }, Read(("AutoCommit:KeepRecentCount", "4")));
        var all = new AutoCommitPolicy
        {
            PendingTokenThreshold = 1,
            MessageCountThreshold = 0,
            IdleTimeoutSeconds = 604_800,
            KeepRecentCount = 1_000,
            MinCommitIntervalSeconds = 5,
        };
        Assert.Equal(
            all,
            Read(
                ("AutoCommit:PendingTokenThreshold", "1"),
                ("AutoCommit:MessageCountThreshold", "0"),
                ("AutoCommit:IdleTimeoutSeconds", "604800"),
                ("AutoCommit:KeepRecentCount", "1000"),
                ("AutoCommit:MinCommitIntervalSeconds", "5")));
    }

    [Theory]
    [InlineData("PendingTokenThreshold", "1000001", 1_000_000)]
    [InlineData("MessageCountThreshold", "-1", 1_000)]
    [InlineData("IdleTimeoutSeconds", "1d", 604_800)]
    [InlineData("KeepRecentCount", "99999999999999999999", 1_000)]
    [InlineData("MinCommitIntervalSeconds", " ", 604_800)]
    public void What_is_no_number_in_its_bounds_is_named(string name, string value, int max) => Assert.Equal(
        $"AutoCommit:{name} '{value}' is not a whole number from 0 to {max}.",
        SettingsHost.Error(($"AutoCommit:{name}", value)));

    [Fact]
    public async Task A_server_gives_it_to_new_sessions()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["Storage__Folder"] = folder.Path, ["AutoCommit__MessageCountThreshold"] = "7" };
        await using ServerProcess server = await ServerProcess.StartAsync(settings);
        using HttpResponseMessage answer = await server.Client.PostAsync("/api/v1/sessions", null);
        using JsonDocument body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        JsonElement policy = body.RootElement.GetProperty("result").GetProperty("auto_commit_policy");
        Assert.Equal(7, policy.GetProperty("message_count_threshold").GetInt32());
        Assert.Equal(150_000, policy.GetProperty("pending_token_threshold").GetInt32());
    }

    private static AutoCommitPolicy? Read(params (string Name, string? Value)[] settings) =>
        SettingsHost.Read<SessionOptions>(settings).DefaultAutoCommitPolicy;
}
