using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Demo;

public sealed class DemoCommandTests
{
    [Fact]
    public async Task A_commit_whose_server_is_killed_in_the_middle_completes_with_every_message_once()
    {
        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(
            new Dictionary<string, string> { ["Embedded__OwnershipSeconds"] = "3" }, "demo");

        Assert.Equal("", errors);
        Assert.Equal(0, exitCode);
        Assert.Contains("kill -9", output, StringComparison.Ordinal);
        Assert.Contains("task is completed", output, StringComparison.Ordinal);
        Assert.Contains("Every message exactly once", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_that_cannot_be_read_is_reported_in_one_line()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "c.jsonl");
        await File.WriteAllTextAsync(path, "oops");

        (int exitCode, string output, string errors) = await ServerProcess.RunAsync(new Dictionary<string, string>(), "demo", path);

        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: {path}, line 1: not JSON", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(character => character == '\n'));
        Assert.Equal("", output);
    }
}
