using System.Diagnostics;
using DurableSessions.Engine.Instances;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Telemetry;

/// <summary>
/// The trace of an instance: one, from the request that scheduled it to its end, over all hosts that run it. The instance carries the
/// context of the span that created it, and every span of the instance is a child of that one: no host has to live for another's spans to
/// have their parent. Names and attributes are those of Durable Task.
/// </summary>
/// <remarks>
/// A span has neither inputs nor outputs nor the messages of errors. A host that dies exports no span for what ran then; the next attempt,
/// wherever it runs, has one.
/// </remarks>
internal static class InstanceTrace
{
    private static readonly ActivitySource s_source = new(EngineTelemetry.ActivitySourceName);

    /// <summary>Begins the span that creates an instance; <see langword="null"/>: there is no listener.</summary>
    /// <remarks>A child is created in the trace of its parent, whatever has woken the host that creates it.</remarks>
    public static Activity? Create(InstanceDocument instance) =>
        Begin("create_orchestration", instance.Name, ActivityKind.Producer, "orchestration", instance);

    /// <summary>
    /// What the instance carries: the context of the span that creates it. Where that one is not sampled, it is of its parent, which says
    /// so to every host; <see langword="null"/>: there is no listener.
    /// </summary>
    public static string? ContextOf(Activity? create, InstanceDocument instance) =>
        create?.Id ?? instance.TraceParent ?? (s_source.HasListeners() ? Activity.Current?.Id : null);

    /// <summary>
    /// Links the span that was to create an instance to the trace of one that was there: which it has found, or whose id it has taken.
    /// </summary>
    public static void Link(Activity? create, InstanceDocument there)
    {
        if (create is not null && ParentOf(there) is { } other && other.TraceId != default && other.SpanId != create.SpanId)
        {
            create.AddLink(new ActivityLink(other));
        }
    }

    /// <summary>Begins the span of one attempt of an activity; <see langword="null"/>: there is no listener.</summary>
    public static Activity? BeginActivity(InstanceDocument instance, HistoryEntry scheduled) =>
        Begin("activity", scheduled.Name!, ActivityKind.Server, "activity", instance)?
            .SetTag("durabletask.task.name", scheduled.Name)
            .SetTag("durabletask.task.task_id", scheduled.Task)
            .SetTag("durable_sessions.attempt", scheduled.Attempt ?? 1);

    /// <summary>
    /// Begins the span of a write by the owner of an instance, which has storage's spans in it; <see langword="null"/>: there is no
    /// listener, or the instance carries no trace.
    /// </summary>
    public static Activity? BeginWrite(InstanceDocument instance, string what) =>
        instance.TraceParent is null ? null : Begin(what, instance.Name, ActivityKind.Internal, "orchestration", instance);

    /// <summary>What failed in a span: the type of the error alone.</summary>
    public static void Fail(Activity? span, TaskFailureDetails failure) =>
        span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", failure.ErrorType);

    /// <summary>The span of a whole instance, emitted by the host that has ended it, and begun when it was scheduled.</summary>
    public static void End(InstanceDocument final)
    {
        using Activity? span = Begin(
            "orchestration", final.Name, ActivityKind.Server, "orchestration", final, final.Created.UtcDateTime);
        if (span is null)
        {
            return;
        }

        span.SetTag("durabletask.task.status", final.Status.ToString());
        if (final.Failure is { } failure)
        {
            Fail(span, failure);
        }

        span.SetEndTime(final.Updated.UtcDateTime);
    }

    private static ActivityContext ParentOf(InstanceDocument instance) =>
        ActivityContext.TryParse(instance.TraceParent, null, isRemote: true, out ActivityContext parent) ? parent : default;

    // Where the instance carries no trace, a part of what this host is in: of the request that schedules it, and of nothing later on.
    private static Activity? Begin(
        string what, string name, ActivityKind kind, string type, InstanceDocument instance, DateTimeOffset started = default) =>
        s_source.HasListeners()
            ? s_source.StartActivity($"{what}:{name}", kind, ParentOf(instance), startTime: started)?
                .SetTag("durabletask.type", type)
                .SetTag("durabletask.task.name", instance.Name)
                .SetTag("durabletask.task.instance_id", instance.Id)
            : null;
}
