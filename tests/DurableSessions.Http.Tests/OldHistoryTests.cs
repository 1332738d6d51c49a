using System.Text;
using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Http.Orchestrations;
using DurableSessions.Orchestration;

namespace DurableSessions.Http.Tests;

/// <summary>What operators are shown of a history that an earlier version wrote, which has the messages of exceptions.</summary>
public sealed class OldHistoryTests
{
    private const string Words = "Model 'm' said: canary-of-an-old-message";
    private const string Known = "The step switch failed: the server failed. The log has it under ERR-0123456789abcdef.";
    private const string Other = "The server failed. The log has it under task-1.";

    [Fact]
    public void A_commit_that_failed_has_none_of_them()
    {
        string json = Write(CommitNames.Orchestrator, OrchestrationRuntimeStatus.Failed, Words);
        Assert.DoesNotContain("canary", json, StringComparison.Ordinal);
        JsonElement instance = JsonDocument.Parse(json).RootElement;
        Assert.Equal($"System.IO.IOException: {Other}", instance.GetProperty("output").GetString());
        Assert.Equal([Other, Other], Reasons(instance));
    }

    [Fact]
    public void A_text_that_is_fixed_stays()
    {
        JsonElement instance =
            JsonDocument.Parse(Write(CommitNames.Orchestrator, OrchestrationRuntimeStatus.Failed, $"Activity failed: {Known}")).RootElement;
        Assert.Equal(Known, instance.GetProperty("output").GetString());
        Assert.Equal([Known, Known], Reasons(instance));
    }

    [Theory]
    [InlineData("a-company's-own", OrchestrationRuntimeStatus.Failed)]
    [InlineData(CommitNames.Orchestrator, OrchestrationRuntimeStatus.Terminated)]
    public void Another_orchestration_s_message_and_an_operator_s_reason_are_shown_without_secrets(
        string name, OrchestrationRuntimeStatus status)
    {
        JsonElement instance = JsonDocument.Parse(Write(name, status, "stopped, api_key=S3CRET")).RootElement;
        Assert.Equal("stopped, api_key=[REDACTED]", instance.GetProperty("output").GetString());
        Assert.Equal(["stopped, api_key=[REDACTED]", "stopped, api_key=[REDACTED]"], Reasons(instance));
    }

    private static string Write(string name, OrchestrationRuntimeStatus status, string message)
    {
        DateTimeOffset at = DateTimeOffset.UnixEpoch;
        var instance = new OrchestrationMetadata
        {
            Name = name,
            InstanceId = "task-1",
            RuntimeStatus = status,
            CreatedAt = at,
            LastUpdatedAt = at,
            FailureDetails = new TaskFailureDetails("System.IO.IOException", message),
        };
        OrchestrationHistoryEvent[] history =
        [
            new("TaskScheduled", at, CommitNames.Switch, null, null) { TaskId = 1 },
            new("TaskFailed", at, null, null, message) { TaskId = 1 },
            new("ExecutionCompleted", at, null, null, message),
        ];
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            OrchestrationJsonWriter.Write(json, instance, showInput: false, history, showOutput: true);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string?[] Reasons(JsonElement instance) =>
    [
        .. instance.GetProperty("historyEvents").EnumerateArray()
            .Where(static e => e.TryGetProperty("Reason", out _)).Select(static e => e.GetProperty("Reason").GetString()),
    ];
}
