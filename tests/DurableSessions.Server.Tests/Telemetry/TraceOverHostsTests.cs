using System.Diagnostics;
using System.Net.Http.Json;
using Azure.Storage.Blobs;
using DurableSessions.Server.Tests.Canaries;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Telemetry;

/// <summary>The trace of a commit whose host is killed in its middle.</summary>
public sealed class TraceOverHostsTests(AzuriteFixture azurite)
{
    private static readonly string[] s_ofFirst =
    [
        "POST /api/v1/sessions/{session_id}/commit", "create_orchestration:commit-session", "activity:archive-to-temp",
        "activity:clear-live", "checkpoint:commit-session", "BlockBlobClient.Upload",
    ];

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task It_goes_from_the_request_to_the_switch_on_the_host_that_takes_over()
    {
        using var timeout = new CancellationTokenSource(s_timeout);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var never = new TaskCompletionSource();
        await using EchoingModel model = await EchoingModel.StartAsync("tea");
        model.Before = () => asked.TrySetResult() ? never.Task : Task.CompletedTask;
        await using OtlpCollector collector = await OtlpCollector.StartAsync();
        BlobContainerClient container = await azurite.NewContainerAsync();
        Dictionary<string, string> settings = model.Settings(await azurite.GetConnectionStringAsync(), container.Name);
        settings["Embedded__OwnershipSeconds"] = "3";
        settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{collector.Endpoint}/v1/traces";
        settings["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        settings["OTEL_BSP_SCHEDULE_DELAY"] = "100";
        string trace = ActivityTraceId.CreateRandom().ToHexString();
        await using (ServerProcess first = await ServerProcess.StartAsync(
            new Dictionary<string, string>(settings) { ["Host__Name"] = "first" }))
        {
            await first.Client.PostAsJsonAsync("api/v1/sessions/s/messages", new { role = "user", content = "Hello" }, timeout.Token);
            using var commit = new HttpRequestMessage(HttpMethod.Post, "api/v1/sessions/s/commit")
            {
                Content = JsonContent.Create(new { keep_recent_count = 0 }),
                Headers = { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01" } },
            };
            (await first.Client.SendAsync(commit, timeout.Token)).EnsureSuccessStatusCode();
            await asked.Task.WaitAsync(timeout.Token);

            // What it has done, all but the digest, is exported.
            await collector.WaitAsync(spans => Names(spans, "first").IsSupersetOf(s_ofFirst), timeout.Token);
            await first.KillAsync();
        }

        await using ServerProcess second = await ServerProcess.StartAsync(
            new Dictionary<string, string>(settings) { ["Host__Name"] = "second" });
        ExportedSpan[] all = await collector.WaitAsync(
            spans => Names(spans, "second").Contains("orchestration:commit-session"), timeout.Token);

        // What the first host was killed in, the second one has done anew.
        Assert.DoesNotContain("activity:semantic-process", Names(all, "first"));
        Assert.Superset(
            new HashSet<string>
            {
                "activity:semantic-process", "chat echo", "activity:switch", "orchestration:commit-session", "BlobClient.Upload",
            },
            Names(all, "second"));

        // The console has what leads from a line to the trace.
        Assert.Equal(0, await second.TerminateAsync());
        Assert.Matches($"TraceId:{trace}.* switch made archive 1 Covered", second.Output);

        // What hosts ask of storage by themselves is in no trace.
        Assert.Empty(all.Where(IsOfStorage).Select(static span => span.TraceId)
            .Except(all.Where(static span => !IsOfStorage(span)).Select(static span => span.TraceId)));

        static bool IsOfStorage(ExportedSpan span) => span.Name.StartsWith("Blo", StringComparison.Ordinal) || span.Name is "GET" or "PUT";

        HashSet<string> Names(IEnumerable<ExportedSpan> spans, string host) =>
            [.. spans.Where(span => span.Host == host && span.TraceId == trace).Select(static span => span.Name)];
    }
}
