using System.Net;
using System.Text.Json;
using DurableSessions.Core.Commits;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Notifying;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Tasks;
using DurableSessions.Core.Webhooks;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Notifying;

/// <summary>The end of a commit is reported at least once, under one id, once every reader sees it; and no commit waits for that.</summary>
[Collection(nameof(Simulated))]
public sealed class NotifyTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static readonly SessionKey s_key = new("acme", "ada", "s1");

    private readonly Receiver _receiver = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Is_reported_when_it_is_over_and_again_until_the_receiver_has_it() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Options());
        _receiver.Answers = new([HttpStatusCode.InternalServerError, HttpStatusCode.Found, null, HttpStatusCode.NoContent]);
        List<bool> over = [];
        _receiver.Before = async () => over.Add((await host.Client.GetInstanceAsync(_receiver.Last.Task, Cancelled))!.IsCompleted);
        await host.AppendAsync(s_key, "m1");
        CommitTask first = await host.CommitToEndAsync(s_key);
        await host.AppendAsync(s_key, "m2");
        CommitTask next = await host.CommitToEndAsync(s_key);

        // Neither of the two has waited for the receiver, which has not taken the first one yet.
        Assert.Equal(CommitTaskStatus.Completed, next.Status);
        await _receiver.TakenAsync(2);
        Assert.Equal(2, _receiver.Taken.Select(static t => t.Id).Distinct().Count());
        Assert.True(_receiver.Sent.Count >= 5);
        Assert.Equal(_receiver.Sent.Count, over.Count);
        Assert.DoesNotContain(false, over);
        Assert.All(_receiver.Sent, static sent => Assert.Equal(
            ("session_commit.completed", $"{sent.Task}-1", "acme", "ada", "s1"),
            (sent.Type, sent.Id, sent.Account, sent.User, sent.Session)));
        Assert.Contains(_receiver.Taken, t => t.Task == first.TaskId);
        Assert.DoesNotContain(_receiver.Sent, static sent => sent.Body.Contains("m1", StringComparison.Ordinal));

        // What was taken is not sent again.
        int sent = _receiver.Sent.Count;
        await Task.Delay(TimeSpan.FromHours(20), cluster.Time, Cancelled);
        Assert.Equal(sent, _receiver.Sent.Count);
    });

    [Fact]
    public Task Is_reported_however_the_host_dies_on_its_way() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        int died = 0;
        foreach ((int request, bool carriedOut) in Enumerable.Range(1, 36).SelectMany(static n => new[] { (n, false), (n, true) }))
        {
            SessionKey key = s_key.Owner.Session($"s{request}-{carriedOut}");
            string? task = null;
            using (Host dies = await Host.RunAsync(cluster, container, Options()))
            {
                await dies.AppendAsync(key, "m1");
                dies.Faults.StopTheWorldAt(dies.Faults.Requests + request, carriedOut);
                Task<CommitTask> accepted = dies.CommitAsync(key);
                await Task.WhenAny(dies.Faults.Stopped, Task.Delay(TimeSpan.FromSeconds(5), cluster.Time, Cancelled));
                died += dies.Faults.Stopped.IsCompleted ? 1 : 0;
                task = accepted.IsCompletedSuccessfully ? (await accepted).TaskId : null;
                await dies.KillAsync();
            }

            using Host host = await Host.RunAsync(cluster, container, Options());
            var query = new CommitTaskQuery { Session = key.Id };
            task ??= (await host.Store.Tasks.ListAsync(key.Owner, query, Cancelled)).SingleOrDefault()?.TaskId;
            task ??= (await host.CommitAsync(key)).TaskId;
            await host.EndOfAsync(key, task);
            await _receiver.TakenAsync(t => t.Task == task);
            Assert.All(_receiver.Sent.Where(s => s.Task == task), s => Assert.Equal($"{task}-1", s.Id));
            await host.StopAsync();
        }

        // All requests of the way, from the POST to the end of the report, and some more.
        Assert.InRange(died, 50, 71);
    });

    [Fact]
    public Task A_failure_a_retry_and_a_cancellation_are_reported_as_what_they_are() => Simulated.RunAsync(async cluster =>
    {
        SessionOptions options = Options();
        options.Semantic = new SemanticPolicy { MaxAttempts = 1, FallBack = false };
        var processor = new FakeProcessor { Before = static _ => throw new IOException("The model is away.") };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options, processor);
        await host.AppendAsync(s_key, "m1");
        string failed = (await host.CommitToEndAsync(s_key)).TaskId;
        await _receiver.TakenAsync(1);
        Assert.Equal(("session_commit.failed", $"{failed}-1"), (_receiver.Sent[0].Type, _receiver.Sent[0].Id));

        processor.Before = static _ => Task.CompletedTask;
        await host.Store.Tasks.RetryAsync(s_key.Owner, failed, Cancelled);
        await _receiver.TakenAsync(2);
        Assert.Equal(("session_commit.completed", $"{failed}-2"), (_receiver.Sent[1].Type, _receiver.Sent[1].Id));

        processor.Before = static stop => Task.Delay(Timeout.Infinite, stop);
        await host.AppendAsync(s_key, "m2");
        string cancelled = (await host.CommitAsync(s_key)).TaskId;
        await host.StageAsync(cancelled, "summarizing");
        await host.Store.Tasks.CancelAsync(s_key.Owner, cancelled, Cancelled);
        await _receiver.TakenAsync(3);
        Assert.Equal(("session_commit.cancelled", $"{cancelled}-1"), (_receiver.Sent[2].Type, _receiver.Sent[2].Id));
    });

    [Fact]
    public Task A_commit_names_its_own_receiver_where_it_may_and_no_other_is_asked() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Options(own: true));
        await host.AppendAsync(s_key, "m1");
        CommitAnswer answer = await host.Store.Commits.CommitAsync(
            s_key, new CommitRequest { Webhook = "https://own.example/in?token=t" }, Cancelled);
        await _receiver.TakenAsync(t => t.Task == answer.Task!.TaskId);
        Assert.Equal("https://own.example/in?token=t", Assert.Single(_receiver.Sent).Url);

        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => host.Store.Commits.CommitAsync(
            s_key, new CommitRequest { Webhook = "http://own.example/" }, Cancelled));
        Assert.StartsWith("The webhook must be an absolute URL of https.", e.Message, StringComparison.Ordinal);

        using Host closed = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, new SessionOptions());
        await closed.AppendAsync(s_key, "m1");
        e = await Assert.ThrowsAsync<ArgumentException>(() => closed.Store.Commits.CommitAsync(
            s_key, new CommitRequest { Webhook = "https://own.example/" }, Cancelled));
        Assert.Contains("Webhooks:AllowFromCommits is not set", e.Message, StringComparison.Ordinal);

        // Without a receiver a commit has no step more.
        await closed.CommitToEndAsync(s_key);
        Assert.Equal(0, closed.Log.CountOf("PUT", "orchestrations/active/report-"));
    });

    [Fact]
    public Task A_receiver_that_wants_no_more_and_a_session_that_is_deleted_end_it() => Simulated.RunAsync(async cluster =>
    {
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, Options());
        _receiver.Answers = new([HttpStatusCode.Gone]);
        await host.AppendAsync(s_key, "m1");
        CommitTask task = await host.CommitToEndAsync(s_key);
        await host.Client.WaitForInstanceCompletionAsync($"report-{task.TaskId}-1", Cancelled);
        Assert.Single(_receiver.Sent);

        // Away for longer than all attempts take.
        _receiver.Answers = new(Enumerable.Repeat<HttpStatusCode?>(HttpStatusCode.InternalServerError, 100));
        await host.AppendAsync(s_key, "m2");
        task = await host.CommitToEndAsync(s_key);
        await _receiver.SentAsync(3);
        await host.Store.Sessions.DeleteAsync(s_key, Cancelled);
        int sent = _receiver.Sent.Count;
        await host.Client.WaitForInstanceCompletionAsync($"report-{task.TaskId}-1", Cancelled);
        Assert.Equal(sent, _receiver.Sent.Count);
    });

    [Fact]
    public Task Is_reported_by_the_host_that_has_the_settings_where_another_has_not() => Simulated.RunAsync(async cluster =>
    {
        string container = (await cluster.NewContainerAsync()).Name;
        _receiver.Answers = new([HttpStatusCode.InternalServerError]);
        string task;
        using (Host host = await Host.RunAsync(cluster, container, Options()))
        {
            await host.AppendAsync(s_key, "m1");
            task = (await host.CommitToEndAsync(s_key)).TaskId;
            await _receiver.SentAsync(1);
            await host.StopAsync();
        }

        using (Host without = await Host.RunAsync(cluster, container, new SessionOptions()))
        {
            await Task.Delay(TimeSpan.FromHours(1), cluster.Time, Cancelled);
            Assert.False((await without.Client.GetInstanceAsync($"report-{task}-1", Cancelled))!.IsCompleted);
            await without.StopAsync();
        }

        using Host last = await Host.RunAsync(cluster, container, Options());
        await _receiver.TakenAsync(1);
        Assert.Equal(2, _receiver.Sent.Count);
    });

    [Fact]
    public Task What_is_open_to_the_receiver_of_the_host_is_closed_to_those_of_commits() => Simulated.RunAsync(async cluster =>
    {
        SessionOptions options = Options(own: true);
        options.Webhooks = options.Webhooks with { AllowPrivate = true, Url = "http://10.0.0.1/in" };
        using Host host = await Host.RunAsync(cluster, (await cluster.NewContainerAsync()).Name, options);
        await host.AppendAsync(s_key, "m1");
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(() => host.Store.Commits.CommitAsync(
            s_key, new CommitRequest { Webhook = "http://10.0.0.1/in" }, Cancelled));
        Assert.StartsWith("The webhook must be an absolute URL of https.", e.Message, StringComparison.Ordinal);
        await host.CommitToEndAsync(s_key);
        await _receiver.TakenAsync(1);
        Assert.Equal("http://10.0.0.1/in", Assert.Single(_receiver.Sent).Url);

        using var receivers = new WebhookReceivers(options.Webhooks with { Transport = null }, cluster.Time);
        (WebhookSender sender, WebhookUrl url) = receivers.Find(new CommitInput
        {
            Session = s_key,
            Incarnation = "i",
            CommitId = CommitId.New(cluster.Time.GetUtcNow()),
            Semantic = new SemanticPolicy(),
            Webhook = "https://127.0.0.1:9/",
        })!.Value;
        WebhookException refused = await Assert.ThrowsAsync<WebhookException>(
            () => sender.SendAsync(new WebhookMessage(url, "id", "{}"u8.ToArray()), Cancelled));
        Assert.Contains("has no public address", refused.Message, StringComparison.Ordinal);
    });

    private SessionOptions Options(bool own = false) => new()
    {
        Webhooks = new WebhookSettings
        {
            Url = "https://hooks.example/in",
            Secret = Secret,
            AllowFromCommits = own,
            Transport = _receiver,
        },
    };

    private sealed record Sent(
        string Url, string Id, string Type, string Task, string Account, string User, string Session, string Body, bool IsTaken);

    // Gives the answers that a test has put in, and takes all else; null is an answer that is lost behind the receiver.
    private sealed class Receiver : HttpMessageHandler
    {
        private readonly Lock _lock = new();
        private readonly List<Sent> _sent = [];
        private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Queue<HttpStatusCode?> Answers { get; set; } = [];

        public Func<Task> Before { get; set; } = static () => Task.CompletedTask;

        public IReadOnlyList<Sent> Sent
        {
            get
            {
                lock (_lock)
                {
                    return [.. _sent];
                }
            }
        }

        public IReadOnlyList<Sent> Taken => [.. Sent.Where(static s => s.IsTaken)];

        public Sent Last => Sent[^1];

        public Task SentAsync(int count) => UntilAsync(() => Sent.Count >= count);

        public Task TakenAsync(int count) => UntilAsync(() => Taken.Count >= count);

        public Task TakenAsync(Func<Sent, bool> which) => UntilAsync(() => Taken.Any(which));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string body = await request.Content!.ReadAsStringAsync(cancellationToken);
            JsonElement json = JsonDocument.Parse(body).RootElement;
            JsonElement data = json.GetProperty("data");
            HttpStatusCode? answer;
            TaskCompletionSource came;
            lock (_lock)
            {
                answer = Answers.TryDequeue(out HttpStatusCode? next) ? next : HttpStatusCode.NoContent;
                _sent.Add(new Sent(
                    $"{request.RequestUri}",
                    request.Headers.GetValues("webhook-id").Single(),
                    json.GetProperty("type").GetString()!,
                    data.GetProperty("task_id").GetString()!,
                    data.GetProperty("account_id").GetString()!,
                    data.GetProperty("user_id").GetString()!,
                    data.GetProperty("session_id").GetString()!,
                    body,
                    answer == HttpStatusCode.NoContent));
                came = _came;
                _came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await Before();
            came.SetResult();
            return answer is { } status ? new HttpResponseMessage(status) : throw new HttpRequestException("The connection broke.");
        }

        private async Task UntilAsync(Func<bool> holds)
        {
            while (true)
            {
                Task came;
                lock (_lock)
                {
                    came = _came.Task;
                }

                if (holds())
                {
                    return;
                }

                await came;
            }
        }
    }
}
