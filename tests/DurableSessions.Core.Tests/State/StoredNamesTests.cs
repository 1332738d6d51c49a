using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using DurableSessions.Orchestration;

namespace DurableSessions.Core.Tests.State;

/// <summary>
/// What an earlier version has stored is read, and written as it was: histories, statuses and documents outlive names in the code.
/// </summary>
public class StoredNamesTests
{
    private const string Input =
        """{"session":{"account":"acme","user":"ada","session":"s1"},"incarnation":"0123456789ab","commitId":"c01","attempt":2}""";

    [Fact]
    public void An_input_in_a_history()
    {
        CommitInput input = JsonSerializer.Deserialize<CommitInput>(
            Input[..^1] + ""","semantic":{},"acceptedAt":"2026-01-01T00:00:00Z"}""", OrchestrationJson.Options)!;

        Assert.Equal(new CommitAttempt(new SessionKey("acme", "ada", "s1"), "0123456789ab", new CommitId("c01"), 2), input.ThisAttempt);
        Assert.StartsWith(Input[..^1], JsonSerializer.Serialize(input, OrchestrationJson.Options), StringComparison.Ordinal);
        Assert.DoesNotContain("owner", JsonSerializer.Serialize(input, OrchestrationJson.Options), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("archiving", CommitStage.Archive)]
    [InlineData("waiting_turn", CommitStage.WaitForTurn)]
    [InlineData("summarizing", CommitStage.SemanticProcess)]
    [InlineData("switching", CommitStage.Switch)]
    public void A_stage_in_the_status_of_an_instance(string stored, CommitStage stage)
    {
        string json = $$"""{"stage":"{{stored}}","number":3,"cancelling":false}""";

        Assert.Equal(new CommitStatus(stage, 3), JsonSerializer.Deserialize<CommitStatus>(json, OrchestrationJson.Options));
        Assert.Equal(json, JsonSerializer.Serialize(new CommitStatus(stage, 3), OrchestrationJson.Options));
    }

    [Theory]
    [InlineData("no_messages", SkipReason.NoMessages)]
    [InlineData("all_within_keep_window", SkipReason.AllWithinKeepWindow)]
    public void The_reason_of_a_commit_that_was_skipped(string stored, SkipReason reason)
    {
        CommitOutput output = JsonSerializer.Deserialize<CommitOutput>(
            $$"""{"fate":"Skipped","cancelled":false,"reason":"{{stored}}"}""", OrchestrationJson.Options)!;

        Assert.Equal(reason, output.SkipReason);
        Assert.Equal(stored, SkipReasons.ToStored(reason));
    }

    [Fact]
    public void A_session_in_a_document() => Assert.Equal(
        """{"account":"acme","user":"ada","session":"s1"}""",
        JsonSerializer.Serialize(new SessionKey("acme", "ada", "s1"), StoreJson.Options));

    [Fact]
    public void The_failure_of_a_step_whose_session_is_gone() =>
        Assert.Equal("DurableSessions.Core.Commits.SessionGoneException", typeof(SessionGoneException).FullName);

    [Theory]
    [InlineData("""{"memory_policy":{"self":{"enabled":false},"peer":{},"working_memory":{"enabled":true},"memory_types":["events"]}}""")]
    [InlineData("""{"memory_extraction_config":{"events":{"tags":["team=a"]}}}""")]
    [InlineData("{}")]
    public void The_settings_of_a_session(string stored) =>
        Assert.Equal(stored, StoreJson.Write(StoreJson.Read<SessionSettings>(BinaryData.FromString(stored))).ToString());
}
