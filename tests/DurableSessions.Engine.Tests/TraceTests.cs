using System.Collections.Concurrent;
using System.Diagnostics;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Tests;

/// <summary>
/// One trace from the request to the end of an instance, whichever hosts run it, and nothing of it where it is not listened to.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class TraceTests : EngineTest
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gate = new();
    private Activity? _around;
    private int _calls;

    public TraceTests()
    {
        Activity<string, string>("flaky", (text, _) =>
        {
            _around = System.Diagnostics.Activity.Current;
            return Interlocked.Increment(ref _calls) == 1
                ? throw new InvalidOperationException($"Not {text} yet.")
                : Task.FromResult(text);
        });
        Activity<string, string>("hang", async (text, context) =>
        {
            if (Interlocked.Increment(ref _calls) == 1)
            {
                _begun.SetResult();
                await _gate.Task.WaitAsync(context.CancellationToken);
            }

            return text;
        });
        Orchestrator<string, string>("tries", (context, text) => context.CallActivityAsync<string>(
            "flaky", text, new TaskOptions(new RetryPolicy(2, TimeSpan.FromSeconds(1)))));
        Orchestrator<string, string>("hangs", (context, text) => context.CallActivityAsync<string>("hang", text));
        Orchestrator<int, int>("counts", (context, left) =>
        {
            if (left > 0)
            {
                context.ContinueAsNew(left - 1);
            }

            return Task.FromResult(left);
        });
        Orchestrator<string, string>("calls", (context, text) =>
            context.CallSubOrchestratorAsync<string>("tries", text, new SubOrchestrationOptions("child")));
        Orchestrator<string, string>("fails", (_, text) => throw new InvalidOperationException($"The word is {text}."));
    }

    protected override TimeSpan Longest => TimeSpan.FromHours(1);

    [Fact]
    public Task Every_attempt_and_the_end_are_children_of_the_span_that_created_the_instance() => RunAsync(async () =>
    {
        using var spans = new Spans();
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("tries", "secret");
        await EndOf(host.Client, instance);

        Activity create = spans.Single("create_orchestration:tries");
        Assert.Equal((ActivityKind.Producer, spans.Request.SpanId), (create.Kind, create.ParentSpanId));
        Activity[] attempts = spans.All("activity:flaky");
        Assert.Equal([1, 2], attempts.Select(static a => a.GetTagItem("durable_sessions.attempt")));
        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Unset], attempts.Select(static a => a.Status));
        Assert.Equal(typeof(InvalidOperationException).FullName, attempts[0].GetTagItem("error.type"));
        Activity end = spans.Single("orchestration:tries");
        Assert.Equal((instance.CreatedAt.UtcDateTime, "Completed"), (end.StartTimeUtc, end.GetTagItem("durabletask.task.status")));
        Assert.True(end.Duration >= TimeSpan.FromSeconds(1));
        Assert.All([.. attempts, end, .. spans.All("checkpoint:tries")], span =>
        {
            Assert.Equal((spans.Request.TraceId, create.SpanId), (span.TraceId, span.ParentSpanId));
            Assert.Equal(instance.InstanceId, span.GetTagItem("durabletask.task.instance_id"));
        });
        Assert.NotEmpty(spans.All("checkpoint:tries"));

        // Neither inputs nor outputs nor the words of an error are in a span.
        Assert.DoesNotContain(spans.Texts, static text => text.Contains("secret", StringComparison.Ordinal));
    });

    [Fact]
    public Task The_trace_goes_on_at_the_host_that_takes_over_from_one_that_was_killed() => RunAsync(async () =>
    {
        using var spans = new Spans();
        await using EmbeddedHost first = await Hub.StartAsync(Registry, ShortOwnership);
        OrchestrationMetadata instance = await first.Client.ScheduleNewOrchestrationInstanceAsync("hangs", "on");
        await _begun.Task;
        await first.KillAsync();
        spans.EndRequest();
        await using EmbeddedHost second = await Hub.StartAsync(Registry, ShortOwnership);
        await EndOf(second.Client, instance);

        Activity create = spans.Single("create_orchestration:hangs");
        Assert.Equal(2, spans.All("activity:hang").Length);
        Assert.All([.. spans.All("activity:hang"), spans.Single("orchestration:hangs")], span =>
            Assert.Equal((spans.Request.TraceId, create.SpanId), (span.TraceId, span.ParentSpanId)));
        _gate.SetResult();
    });

    [Fact]
    public Task It_stays_through_each_run_and_reaches_children() => RunAsync(async () =>
    {
        using var spans = new Spans();
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("counts", 2));
        Assert.Equal(spans.Single("create_orchestration:counts").SpanId, spans.Single("orchestration:counts").ParentSpanId);

        await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("calls", "text"));
        Activity child = spans.Single("create_orchestration:tries");
        Assert.Equal(spans.Single("create_orchestration:calls").SpanId, child.ParentSpanId);
        Assert.All(spans.All("activity:flaky"), span =>
            Assert.Equal((spans.Request.TraceId, child.SpanId), (span.TraceId, span.ParentSpanId)));
    });

    [Fact]
    public Task An_id_that_is_used_again_has_a_trace_of_its_own_linked_to_the_one_before() => RunAsync(async () =>
    {
        using var spans = new Spans();
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        var options = new StartOrchestrationOptions("again") { ReusableStatuses = [OrchestrationRuntimeStatus.Failed] };
        await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("fails", "secret", options));
        await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("fails", "secret", options));

        Activity[] created = spans.All("create_orchestration:fails");
        Assert.Equal(created[0].SpanId, Assert.Single(created[1].Links).Context.SpanId);
        Assert.Equal(created.Select(static c => c.SpanId), spans.All("orchestration:fails").Select(static e => e.ParentSpanId));
        Assert.All(spans.All("orchestration:fails"), static end => Assert.Equal(ActivityStatusCode.Error, end.Status));
        Assert.DoesNotContain(spans.Texts, static text => text.Contains("secret", StringComparison.Ordinal));

        // One that finds the instance there has a link to it.
        await host.Client.ScheduleNewOrchestrationInstanceAsync("fails", "secret", new StartOrchestrationOptions("again"));
        Assert.Equal(created[1].SpanId, Assert.Single(spans.All("create_orchestration:fails")[2].Links).Context.SpanId);
    });

    [Fact]
    public Task Where_there_is_no_listener_an_instance_carries_nothing_of_it() => RunAsync(async () =>
    {
        using Activity request = new Activity("request").Start();
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        OrchestrationMetadata instance = await EndOf(host.Client, await host.Client.ScheduleNewOrchestrationInstanceAsync("tries", "text"));
        string blob = $"orchestrations/finished/{instance.InstanceId}.json";
        string stored = (await Hub.Container.GetBlobClient(blob).DownloadContentAsync(Deadline)).Value.Content.ToString();

        // And nothing that a step does counts as a part of the request that this host was in when it began.
        Assert.Null(_around);
        Assert.DoesNotContain("traceParent", stored, StringComparison.Ordinal);
    });

    // Spans of this test alone: those of the trace of its request.
    [Fact]
    public Task No_step_of_a_request_that_is_not_sampled_has_a_trace_of_its_own() => RunAsync(async () =>
    {
        ConcurrentQueue<Activity> spans = new();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == EngineTelemetry.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> span) =>
                span.Parent.TraceId == default || span.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using EmbeddedHost host = await Hub.StartAsync(Registry);
        using Activity request = new Activity("request").Start();
        Assert.False(request.Recorded);
        OrchestrationMetadata instance = await host.Client.ScheduleNewOrchestrationInstanceAsync("tries", "on");
        await EndOf(host.Client, instance);
        Assert.DoesNotContain(spans, span => Equals(span.GetTagItem("durabletask.task.instance_id"), instance.InstanceId));
    });

    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _spans = new();
        private readonly ActivityListener _listener;

        public Spans()
        {
            Request = new Activity("request").Start();
            _listener = new ActivityListener
            {
                ShouldListenTo = static source => source.Name == EngineTelemetry.ActivitySourceName,
                Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _spans.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public Activity Request { get; }

        public IEnumerable<string> Texts => OfTrace.SelectMany(static a => a.TagObjects.Select(static t => $"{t.Value}")
            .Append(a.DisplayName)
            .Append(a.StatusDescription ?? ""));

        private IEnumerable<Activity> OfTrace => _spans.Where(a => a.TraceId == Request.TraceId);

        public Activity[] All(string name) => [.. OfTrace.Where(a => a.OperationName == name).OrderBy(static a => a.StartTimeUtc)];

        public Activity Single(string name) => Assert.Single(All(name));

        public void EndRequest() => Request.Stop();

        public void Dispose()
        {
            Request.Stop();
            _listener.Dispose();
        }
    }
}
