using System.Text.Json.Nodes;
using DurableSessions.Core.Commits;
using DurableSessions.Engine.Instances;
using DurableSessions.Engine.Replay;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests.Recorded;

/// <summary>
/// Commits that earlier versions ran, as they are in storage. The orchestrator of this version must replay them to the same end,
/// and from each entry of their history: an instance may be at any of them when a host is replaced. A file that fails here shows
/// a change that breaks running instances; it is not recorded again.
/// </summary>
public sealed class RecordedHistoryTests
{
    public static TheoryData<string> Histories() =>
        [
            .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Recorded"), "*.json")
                .Select(Path.GetFileNameWithoutExtension).OfType<string>().Order(),
        ];

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_recorded_commit_replays_to_the_end_it_had(string name)
    {
        InstanceDocument recorded = Read(name);
        List<HistoryEntry> history = [.. recorded.History.Where(static e => e.Type != HistoryEventType.ExecutionCompleted)];

        RunOutcome outcome = Replay(recorded, history)!;

        Assert.Equal(OrchestrationRuntimeStatus.Completed, outcome.Status);
        JsonObject now = JsonNode.Parse(outcome.Output!)!.AsObject();
        Assert.All(
            JsonNode.Parse(recorded.Output!)!.AsObject(),
            then => Assert.True(JsonNode.DeepEquals(then.Value, now[then.Key]), then.Key));
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public void A_recorded_commit_goes_on_from_every_moment_of_its_history(string name)
    {
        InstanceDocument recorded = Read(name);
        List<HistoryEntry> history = [.. recorded.History.Where(static e => e.Type != HistoryEventType.ExecutionCompleted)];
        for (int length = 1; length < history.Count; length++)
        {
            Assert.Null(Replay(recorded, history[..length])?.Failure);
        }
    }

    private static RunOutcome? Replay(InstanceDocument recorded, List<HistoryEntry> history)
    {
        var run = new OrchestrationRun(
            recorded with { History = [], Output = null, CustomStatus = null },
            static () => new CommitOrchestrator(),
            static e => Assert.Fail(e));
        run.Replay(history, hasRun: true);
        return run.Outcome;
    }

    private static InstanceDocument Read(string name) =>
        InstanceDocument.FromJson(
            BinaryData.FromBytes(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Recorded", name + ".json"))));
}
