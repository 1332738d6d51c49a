using System.Text.Json.Nodes;
using DurableSessions.Orchestration;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.DurableTask.Protobuf;
using Microsoft.DurableTask.Testing.Sidecar.Grpc;
using Microsoft.DurableTask.Worker.Grpc;
using Stored = global::DurableTask.Core.History;

namespace DurableSessions.DurableTask.Tests.Recorded;

/// <summary>
/// The history of an instance as a scheduler hands it to a worker, turn by turn: what has come, then what the orchestrator decided.
/// </summary>
internal sealed class RecordedHistory(OrchestratorRequest request)
{
    private static readonly JsonFormatter s_formatter = new(JsonFormatter.Settings.Default.WithIndentation());

    private readonly IReadOnlyList<Turn> _turns = [.. Split(request.PastEvents)];

    public string Orchestrator => request.PastEvents.First(static e => e.ExecutionStarted is not null).ExecutionStarted.Name;

    public int Turns => _turns.Count;

    public static RecordedHistory Of(string instanceId, IEnumerable<Stored.HistoryEvent> events)
    {
        var request = new OrchestratorRequest { InstanceId = instanceId };
        request.PastEvents.AddRange(events.Select(ProtobufUtils.ToHistoryEventProto));
        foreach (HistoryEvent e in request.PastEvents)
        {
            // They are those of the machine that recorded, and no decision depends on them.
            (e.TaskFailed?.FailureDetails ?? e.ExecutionCompleted?.FailureDetails ?? new()).StackTrace = null;
        }

        return new RecordedHistory(request);
    }

    public static RecordedHistory Parse(string json) => new(JsonParser.Default.Parse<OrchestratorRequest>(json));

    public override string ToString() => s_formatter.Format(request);

    /// <summary>What was decided in a turn, in the order of the decisions.</summary>
    public IReadOnlyList<string> DecidedIn(int turn) =>
        [.. _turns[turn].Decided.OrderBy(static e => e.EventId).Select(Describe).OfType<string>()];

    /// <summary>What an orchestrator decides in a turn, with the code of now, once it has replayed all turns before.</summary>
    public IReadOnlyList<string> DecideAgain(int turn, ITaskOrchestrator orchestrator)
    {
        var now = new OrchestratorRequest { InstanceId = request.InstanceId };
        now.PastEvents.AddRange(_turns.Take(turn).SelectMany(static t => t.Came.Concat(t.Decided)));
        now.NewEvents.AddRange(_turns[turn].Came);
        string answer = GrpcOrchestrationRunner.LoadAndRun(
            Convert.ToBase64String(now.ToByteArray()), new DurableOrchestrator(orchestrator));
        return
        [
            .. OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer)).Actions
                .OrderBy(static a => a.Id)
                .Select(Describe),
        ];
    }

    private static IEnumerable<Turn> Split(IEnumerable<HistoryEvent> events)
    {
        Turn? turn = null;
        foreach (HistoryEvent e in events)
        {
            if (e.OrchestratorStarted is not null)
            {
                if (turn is not null)
                {
                    yield return turn;
                }

                turn = new Turn([], []);
            }

            (IsDecision(e) ? turn!.Decided : turn!.Came).Add(e);
        }

        if (turn is not null)
        {
            yield return turn;
        }
    }

    private static bool IsDecision(HistoryEvent e) => e.EventTypeCase
        is HistoryEvent.EventTypeOneofCase.TaskScheduled
        or HistoryEvent.EventTypeOneofCase.TimerCreated
        or HistoryEvent.EventTypeOneofCase.SubOrchestrationInstanceCreated
        or HistoryEvent.EventTypeOneofCase.EventSent
        or HistoryEvent.EventTypeOneofCase.ContinueAsNew
        or HistoryEvent.EventTypeOneofCase.ExecutionCompleted
        or HistoryEvent.EventTypeOneofCase.OrchestratorCompleted;

    private static string? Describe(HistoryEvent e) => e.EventTypeCase switch
    {
        HistoryEvent.EventTypeOneofCase.OrchestratorCompleted => null,
        HistoryEvent.EventTypeOneofCase.TaskScheduled => $"call {e.TaskScheduled.Name} {Normal(e.TaskScheduled.Input)}",
        HistoryEvent.EventTypeOneofCase.TimerCreated => $"timer {Time(e.TimerCreated.FireAt)}",
        HistoryEvent.EventTypeOneofCase.ExecutionCompleted => End(
            e.ExecutionCompleted.OrchestrationStatus, e.ExecutionCompleted.Result, e.ExecutionCompleted.FailureDetails),
        _ => e.EventTypeCase.ToString(),
    };

    private static string Describe(OrchestratorAction a) => a.OrchestratorActionTypeCase switch
    {
        OrchestratorAction.OrchestratorActionTypeOneofCase.ScheduleTask => $"call {a.ScheduleTask.Name} {Normal(a.ScheduleTask.Input)}",
        OrchestratorAction.OrchestratorActionTypeOneofCase.CreateTimer => $"timer {Time(a.CreateTimer.FireAt)}",
        OrchestratorAction.OrchestratorActionTypeOneofCase.CompleteOrchestration => End(
            a.CompleteOrchestration.OrchestrationStatus, a.CompleteOrchestration.Result, a.CompleteOrchestration.FailureDetails),
        _ => a.OrchestratorActionTypeCase.ToString(),
    };

    private static string End(OrchestrationStatus status, string? result, Microsoft.DurableTask.Protobuf.TaskFailureDetails? failure) =>
        $"end {status} {(failure is null ? Normal(result) : $"{failure.ErrorType}: {failure.ErrorMessage}")}";

    private static string Time(Timestamp time) => $"{time.ToDateTime():O}";

    // The same JSON with other escapes is the same.
    private static string Normal(string? json) => string.IsNullOrEmpty(json) ? "" : JsonNode.Parse(json)?.ToJsonString() ?? "null";

    private sealed record Turn(List<HistoryEvent> Came, List<HistoryEvent> Decided);
}
