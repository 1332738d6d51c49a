using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Tasks;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tests.Failures;

/// <summary>What a user is shown of a commit that failed, whatever its history has.</summary>
public sealed class TaskErrorTests
{
    private const string Known = "The step switch failed: the server failed. The log has it under ERR-0123456789abcdef.";

    [Theory]
    [InlineData($"Activity 'switch' failed: {Known}", Known)]
    [InlineData("Model 'm' said: canary-of-an-old-message", "The server failed. The log has it under task-1.")]
    [InlineData("", "The server failed. The log has it under task-1.")]
    public void A_fixed_text_and_no_message_of_an_exception(string recorded, string shown) =>
        Assert.Equal(shown, Error(OrchestrationRuntimeStatus.Failed, recorded));

    [Fact]
    public void No_reason_of_an_operator() => Assert.Equal(
        "An operator terminated the commit.", Error(OrchestrationRuntimeStatus.Terminated, "canary-of-a-reason"));

    private static string? Error(OrchestrationRuntimeStatus status, string recorded)
    {
        var instance = new OrchestrationMetadata
        {
            Name = CommitNames.Orchestrator,
            InstanceId = "task-1",
            RuntimeStatus = status,
            CreatedAt = DateTimeOffset.UnixEpoch,
            LastUpdatedAt = DateTimeOffset.UnixEpoch,
            FailureDetails = new TaskFailureDetails("System.IO.IOException", recorded),
        };
        var input = new CommitInput
        {
            Session = new SessionKey("a", "u", "s"),
            Incarnation = "i",
            CommitId = CommitId.New(DateTimeOffset.UnixEpoch),
            Semantic = new SemanticPolicy(),
        };
        return CommitTaskReader.Task(instance, input).Error;
    }
}
