using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>The command, in a process of its own.</summary>
public sealed class CheckCommandTests(AzuriteFixture azurite)
{
    private readonly SessionKey _key = new("acme", "ada", "s1");

    [Fact]
    public async Task The_command_says_what_is_wrong_repairs_and_exits_accordingly()
    {
        var container = new AuditedContainer(await azurite.NewContainerAsync());
        using Host host = await Host.StartAsync(azurite, container.Name);
        await host.AppendAsync(_key, "m1");
        string orphan = "segments/acme/ada/s1/deadbeef0000/000001-0123456789ab.jsonl";
        await container.CreateSegmentAsync(orphan);

        (int exitCode, string output, string errors) = await RunAsync(container, "0", "check");
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains(
            $"orphan: acme/ada/s1: left of a session that is deleted, or was never completed [{orphan}]: a repair removes it",
            output,
            StringComparison.Ordinal);
        Assert.Contains("Nothing is wrong.", output, StringComparison.Ordinal);

        (exitCode, output, _) = await RunAsync(container, "", "check", "--repair");
        Assert.Equal(0, exitCode);
        Assert.Contains("kept, it is young", output, StringComparison.Ordinal);
        (exitCode, output, _) = await RunAsync(container, "0", "check", "--repair");
        Assert.Equal(0, exitCode);
        Assert.Contains("1 orphans (1 removed)", output, StringComparison.Ordinal);
        Assert.DoesNotContain(orphan, (await container.ListAsync()).Keys);

        string segment = await container.FindAsync(BlobNames.Segments, ".jsonl");
        await container.DeleteAsync(segment);
        (exitCode, output, _) = await RunAsync(container, "0", "check", "--repair");
        Assert.Equal(2, exitCode);
        Assert.Contains("error: acme/ada/s1: the manifest names the segment as live", output, StringComparison.Ordinal);
        Assert.Contains(segment, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_in_use_and_a_wrong_age_are_reported_in_one_line()
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string> { ["Storage__Folder"] = folder.Path };
        await using ServerProcess server = await ServerProcess.StartAsync(settings);
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(settings, "check");
        Assert.Equal(1, exitCode);
        Assert.Contains("Another server uses the data in", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = await ServerProcess.RunAsync(
            new Dictionary<string, string>(settings) { ["Check__OrphanAge"] = "young" }, "check");
        Assert.Equal(1, exitCode);
        Assert.Contains("Check:OrphanAge 'young' is not a time such as 1.00:00:00", errors, StringComparison.Ordinal);

        Assert.Equal(0, await server.TerminateAsync());
        (exitCode, string output, errors) = await ServerProcess.RunAsync(settings, "check");
        Assert.True(exitCode == 0, output + errors);
        Assert.Contains("Looked at 0 sessions", output, StringComparison.Ordinal);
    }

    /// <summary>
    /// Another engine than the servers' does not know their commits: they would look abandoned, and a repair would remove what is theirs.
    /// </summary>
    [Fact]
    public async Task The_engine_of_the_servers_is_asked_and_no_other()
    {
        var container = new AuditedContainer(await azurite.NewContainerAsync());
        (int exitCode, _, string errors) = await ServerProcess.RunAsync(
            new Dictionary<string, string>
            {
                ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
                ["Storage__Container"] = container.Name,
                ["Engine"] = "Another",
            },
            "check",
            "--repair");
        Assert.Equal(1, exitCode);
        Assert.Contains("Engine is 'Another'", errors, StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        AuditedContainer container, string age, params string[] arguments) =>
        await ServerProcess.RunAsync(
            new Dictionary<string, string>
            {
                ["ConnectionStrings__Storage"] = await azurite.GetConnectionStringAsync(),
                ["Storage__Container"] = container.Name,
                ["Check__OrphanAge"] = age,
            },
            arguments);
}
