using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Limits;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>Clients follow a task without polling: by waits for its next change, and by events.</summary>
public sealed class TaskFollowTests : IAsyncDisposable
{
    private const string Hold = $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""";

    private readonly SimulatedFixture _storage = new();
    private readonly TimersTime _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _storage.DisposeAsync();

    [Fact]
    public async Task A_wait_answers_at_the_next_change_and_with_a_tag_at_any_that_the_client_has_not_seen()
    {
        await using ApiHost host = await ApiHost.StartAsync(await _storage.NewStorageAsync());
        string task = await CommitAsync(host, Hold);

        // With the tag of the answer before, a client sees each state once.
        Reply reply = await GetAsync(host, task);
        while (Stage(reply) != "summarizing")
        {
            Reply next = await GetAsync(host, task + "?wait=60", ("If-None-Match", reply.Header("ETag")));
            Assert.Equal(HttpStatusCode.OK, next.Status);
            Assert.NotEqual(reply.Header("ETag"), next.Header("ETag"));
            reply = next;
        }

        Task<Reply> tagged = GetAsync(host, task + "?wait=60", ("If-None-Match", $"\"other\", W/{reply.Header("ETag")}"));
        Task<Reply> plain = GetAsync(host, task + "?wait=60");
        await UntilAsync(() => host.Waits.Count == 2);
        Assert.Equal(HttpStatusCode.NotModified, (await GetAsync(host, task, ("If-None-Match", reply.Header("ETag")))).Status);
        Assert.Equal(reply.Text, (await GetAsync(host, task + "?wait=60", ("If-None-Match", "\"other\""))).Text);
        Assert.False(tagged.IsCompleted);
        Assert.False(plain.IsCompleted);
        host.Processor.Release();
        Assert.NotEqual("summarizing", Stage(await plain));
        Assert.NotEqual(reply.Header("ETag"), (await tagged).Header("ETag"));

        reply = await plain;
        while (Status(reply) != "completed")
        {
            reply = await GetAsync(host, task + "?wait=60", ("If-None-Match", reply.Header("ETag")));
        }

        // What is over changes no more.
        Assert.Equal(reply.Text, (await GetAsync(host, task + "?wait=300")).Text);
        Reply over = await GetAsync(host, task + "?wait=300", ("If-None-Match", reply.Header("ETag")));
        Assert.Equal((HttpStatusCode.NotModified, "", reply.Header("ETag")), (over.Status, over.Text, over.Header("ETag")));
    }

    [Fact]
    public async Task Events_tell_each_state_until_the_end_and_are_resumed()
    {
        await using ApiHost host = await ApiHost.StartAsync(await _storage.NewStorageAsync(), limits: new HttpLimits { Waits = 1 });
        string task = await CommitAsync(host, Hold);
        List<Event> events = [];
        using (EventReader reader = await EventReader.OpenAsync(host, task, null))
        {
            Assert.Equal("text/event-stream", reader.Response.Content.Headers.ContentType?.ToString());
            Assert.Equal("no-store", reader.Response.Headers.CacheControl?.ToString());
            Assert.Equal("no", reader.Response.Headers.GetValues("X-Accel-Buffering").Single());
            while (events.LastOrDefault() is not { Stage: "summarizing" })
            {
                events.Add((await reader.NextAsync())!);
            }

            Reply refused = await GetAsync(host, task + "/events");
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.Status);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await GetAsync(host, task + "?wait=1")).Status);
            host.Processor.Release();
            while (await reader.NextAsync() is { } next)
            {
                events.Add(next);
            }
        }

        Assert.Equal("completed", events[^1].Name);
        Assert.All(events.SkipLast(1), static e => Assert.Equal("stage", e.Name));
        Assert.Equal(events.Count, events.DistinctBy(static e => (e.Status, e.Stage)).Count());
        Reply read = await GetAsync(host, task);
        Assert.Equal(read.Header("ETag"), $"\"{events[^1].Id}\"");
        Assert.Equal(read.ResultText(), events[^1].Data);

        // One that has seen less gets the present state, one that has seen the end nothing.
        await UntilAsync(() => host.Waits.Count == 0);
        Reply resumed = await GetAsync(host, task + "/events", ("Last-Event-ID", events[0].Id));
        Assert.Equal($"retry: 1000\n\nid: {events[^1].Id}\nevent: completed\ndata: {events[^1].Data}\n\n", resumed.Text);
        await UntilAsync(() => host.Waits.Count == 0);
        Reply ended = await GetAsync(host, task + "/events", ("Last-Event-ID", events[^1].Id));
        Assert.Equal((HttpStatusCode.NoContent, ""), (ended.Status, ended.Text));
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("cancelled")]
    public async Task The_last_event_says_how_a_task_has_ended(string end)
    {
        await using ApiHost host = await ApiHost.StartAsync(await _storage.NewStorageAsync());
        string text = end == "failed" ? ScriptedProcessor.FailText : ScriptedProcessor.HoldText;
        string task = await CommitAsync(host, $$"""{"role":"user","content":"{{text}}"}""");
        Task<Reply> events = GetAsync(host, task + "/events");
        if (end == "cancelled")
        {
            using HttpResponseMessage cancel = await host.Client.PostAsync(task + "/cancel", null, Cancelled);
            Assert.Equal(HttpStatusCode.OK, cancel.StatusCode);
            host.Processor.Release();
        }

        string last = (await events).Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.Contains($"\nevent: {end}\n", last, StringComparison.Ordinal);
        Assert.Contains($"\"status\":\"{end}\"", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_task_of_a_digest_is_followed_too()
    {
        await using ApiHost host = await ApiHost.StartAsync(await _storage.NewStorageAsync());
        host.Processor.Release();
        string task = await CommitAsync(host, Hold);
        await GetAsync(host, task + "/events");
        host.Processor.Hold();
        using var body = new StringContent("""{"mode":"preview"}""", System.Text.Encoding.UTF8, "application/json");
        using HttpResponseMessage accepted =
            await host.Client.PostAsync("/api/v1/sessions/s/archives/archive_001/digest", body, Cancelled);
        string digest = accepted.Headers.Location!.ToString();
        Task<Reply> events = GetAsync(host, digest + "/events");
        Reply reply = await GetAsync(host, digest);
        Task<Reply> next = GetAsync(host, digest + "?wait=60", ("If-None-Match", reply.Header("ETag")));
        await UntilAsync(() => host.Waits.Count == 2 || next.IsCompleted);
        host.Processor.Release();
        Assert.NotEqual(reply.Header("ETag"), (await next).Header("ETag"));
        Assert.Contains("\nevent: completed\ndata: {\"task_id\":\"digest-", (await events).Text, StringComparison.Ordinal);
        Reply over = await GetAsync(host, digest + "?wait=60");
        Assert.Contains($"id: {over.Header("ETag").Trim('"')}\n", (await events).Text, StringComparison.Ordinal);
    }

    // Without an engine nothing changes.
    [Fact]
    public async Task A_wait_and_a_stream_end_after_their_time_and_a_silent_stream_has_comments()
    {
        SessionStorage storage = await _storage.NewStorageAsync();
        string task;
        await using (ApiHost other = await ApiHost.StartAsync(storage))
        {
            task = await CommitAsync(other, Hold);
        }

        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, storeTime: _time);
        Reply now = await GetAsync(host, task);
        Assert.Equal("running", Status(now));

        Task<Reply> plain = GetAsync(host, task + "?wait=60");
        Task<Reply> tagged = GetAsync(host, task + "?wait=60", ("If-None-Match", now.Header("ETag")));
        await UntilAsync(() => _time.TimersOf(60) == 2);
        Assert.InRange(await AdvanceUntilAsync(Task.WhenAll(plain, tagged), most: 65), 60, 65);
        Assert.Equal((HttpStatusCode.OK, now.Text), ((await plain).Status, (await plain).Text));
        Assert.Equal(HttpStatusCode.NotModified, (await tagged).Status);

        using EventReader reader = await EventReader.OpenAsync(host, task, null);
        Event first = (await reader.NextAsync())!;
        Assert.Equal(("stage", "running", now.ResultText()), (first.Name, first.Status, first.Data));
        Task<string?> comment = reader.LineAsync();
        await UntilAsync(() => _time.TimersOf(15) == 1);
        Assert.InRange(await AdvanceUntilAsync(comment, most: 20), 15, 20);
        Assert.Equal(":", await comment);
        Task<string> rest = reader.RestAsync();
        await AdvanceUntilAsync(rest, most: 300);
        Assert.Equal("", (await rest).Replace(":\n\n", "", StringComparison.Ordinal).Trim('\n'));

        // The client has the present state.
        Task<Reply> resumed = GetAsync(host, task + "/events", ("Last-Event-ID", first.Id));
        await UntilAsync(() => _time.TimersOf(300) == 2);
        Assert.InRange(await AdvanceUntilAsync(resumed, most: 305), 300, 305);
        Assert.DoesNotContain("data:", (await resumed).Text, StringComparison.Ordinal);
        await UntilAsync(() => host.Waits.Count == 0);
    }

    [Fact]
    public async Task A_stop_of_the_host_ends_a_wait_and_a_stream_as_their_time_does()
    {
        await using ApiHost host = await ApiHost.StartAsync(await _storage.NewStorageAsync());
        string task = await CommitAsync(host, Hold);
        using EventReader reader = await EventReader.OpenAsync(host, task, null);
        while ((await reader.NextAsync())?.Stage != "summarizing")
        {
        }

        Task<string> rest = reader.RestAsync();
        Task<Reply> wait = GetAsync(host, task + "?wait=60");
        await UntilAsync(() => host.Waits.Count == 2);
        host.Lifetime.StopApplication();
        Assert.Equal("summarizing", Stage(await wait.WaitAsync(TimeSpan.FromSeconds(30), Cancelled)));
        Assert.Equal("", await rest.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
    }

    [Fact]
    public async Task A_key_sees_its_users_own_and_its_end_ends_both()
    {
        SessionStorage storage = await _storage.NewStorageAsync();
        var keys = new KeyStore(storage.Container, _time);
        (string ann, ApiKey key) = await keys.AddAsync("acme", "ann", Cancelled);
        string bob = (await keys.AddAsync("acme", "bob", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: _time);
        string task = await CommitAsync(host, Hold, ann);
        foreach (string path in (string[])["?wait=60", "/events"])
        {
            Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(task + path, bob)).Status);
        }

        Reply reply = await host.SendAsync(task, ann);
        while (Stage(reply) != "summarizing")
        {
            reply = await host.SendAsync(task + "?wait=60", ann);
        }

        Task<Reply> wait = host.SendAsync(task + "?wait=60", ann);
        using EventReader reader = await EventReader.OpenAsync(host, task, ann);
        Assert.Equal("summarizing", (await reader.NextAsync())?.Stage);
        await UntilAsync(() => host.Waits.Count == 2);
        await keys.RevokeAsync(key.Id, Cancelled);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(HttpStatusCode.Unauthorized, (await wait.WaitAsync(TimeSpan.FromSeconds(30), Cancelled)).Status);
        Exception cut = await Assert.ThrowsAnyAsync<Exception>(reader.RestAsync);
        Assert.True(cut is HttpRequestException or IOException, cut.ToString());
        await UntilAsync(() => host.Waits.Count == 0);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("301")]
    [InlineData("soon")]
    public async Task A_wait_out_of_its_bounds_is_refused(string wait)
    {
        await using ApiHost host = await ApiHost.StartAsync(await _storage.NewStorageAsync(), withEngine: false);
        Reply reply = await GetAsync(host, $"/api/v1/tasks/c0123?wait={wait}");
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains("query.wait: must be an integer, 0 to 300.", reply.Text, StringComparison.Ordinal);
    }

    private static string? Stage(Reply reply) => reply.Result.GetProperty("stage").GetString();

    private static string? Status(Reply reply) => reply.Result.GetProperty("status").GetString();

    private static async Task<string> CommitAsync(ApiHost host, string message, string key = "")
    {
        (await host.SendAsync("/api/v1/sessions/s/messages", key, HttpMethod.Post, message)).Succeeded();
        return "/api/v1/tasks/" + (await host.SendAsync("/api/v1/sessions/s/commit", key, HttpMethod.Post, "{}")).ResultText("task_id");
    }

    private static async Task<Reply> GetAsync(ApiHost host, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await host.SendAsync(request);
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    // The seconds that were needed. At the most the clock stands still, until what is due by then has come.
    private async Task<int> AdvanceUntilAsync(Task ends, int most)
    {
        int seconds = 0;
        await UntilAsync(() =>
        {
            if (ends.IsCompleted)
            {
                return true;
            }

            if (seconds < most)
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                seconds += 5;
            }

            return false;
        });
        return seconds;
    }

    // Shows which timers were made: a clock that is advanced before a request has its timer, is advanced in vain.
    private sealed class TimersTime() : FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero))
    {
        private readonly ConcurrentBag<TimeSpan> _made = [];

        public int TimersOf(int seconds) => _made.Count(t => t == TimeSpan.FromSeconds(seconds));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            _made.Add(dueTime);
            return timer;
        }
    }

    private sealed record Event(string Id, string Name, string Data)
    {
        public string? Status => Field("status");

        public string? Stage => Field("stage");

        private string? Field(string name)
        {
            using var json = JsonDocument.Parse(Data);
            return json.RootElement.GetProperty(name).GetString();
        }
    }

    private sealed class EventReader(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public HttpResponseMessage Response => response;

        public static async Task<EventReader> OpenAsync(ApiHost host, string task, string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, task + "/events");
            request.Headers.TryAddWithoutValidation("X-API-Key", key);
            HttpResponseMessage response = await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var reader = new EventReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(Cancelled)));
            Assert.Equal(("retry: 1000", ""), (await reader.LineAsync(), await reader.LineAsync()));
            return reader;
        }

        public Task<string?> LineAsync() => reader.ReadLineAsync(Cancelled).AsTask();

        public Task<string> RestAsync() => reader.ReadToEndAsync(Cancelled);

        /// <summary>The next event, whatever comments come before it; null at the end.</summary>
        public async Task<Event?> NextAsync()
        {
            string? id;
            do
            {
                id = await LineAsync();
            }
            while (id is ":" or "");
            if (id is null)
            {
                return null;
            }

            var read = new Event(id["id: ".Length..], (await LineAsync())!["event: ".Length..], (await LineAsync())!["data: ".Length..]);
            Assert.Equal("", await LineAsync());
            return read;
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
