using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json;
using DurableSessions.Server.Clients;
using DurableSessions.Testing;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;

namespace DurableSessions.Server.Tests.Clients;

/// <summary>The commands of a client against a server, and against answers that a server gives on a bad day.</summary>
public sealed class ClientCommandTests(CommandHost server) : IClassFixture<CommandHost>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_file_is_appended_once_however_often_the_command_runs()
    {
        string lines = string.Join('\n', Enumerable.Range(1, 250).Select(static i => $$"""{"role":"user","content":"m{{i}}"}"""));
        string file = await WriteAsync("m.jsonl", lines);
        for (int run = 0; run < 2; run++)
        {
            JsonElement appended = (await server.RunAsync("once", "sessions", "append", "s", file, "--json")).Succeeded().Json;
            Assert.Equal((250, 250), (appended.GetProperty("sent").GetInt32(), appended.GetProperty("message_count").GetInt32()));
        }

        JsonElement messages = (await server.RunAsync("once", "sessions", "messages", "s", "--json")).Succeeded().Json;
        Assert.Equal(
            Enumerable.Range(1, 250).Select(static i => $"m{i}"),
            messages.EnumerateArray().Select(static m => m.GetProperty("parts")[0].GetProperty("text").GetString()));

        // An array and a single message are files too.
        string array = await WriteAsync("m.json", """ [{"role":"user","content":"a"},{"role":"user","content":"b"}] """);
        string one = await WriteAsync("one.json", "{\n\"role\":\"user\",\n\"content\":\"c\"}");
        await server.RunAsync("once", "sessions", "append", "s2", array);
        CommandResult shown = (await server.RunAsync("once", "sessions", "append", "s2", one)).Succeeded();
        Assert.Contains("1 messages sent to session s2, which has 3 live ones", shown.Output, StringComparison.Ordinal);

        CommandResult listed = (await server.RunAsync("once", "sessions", "list", "--prefix", "s2")).Succeeded();
        Assert.Contains("s2", listed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", listed.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await server.RunAsync("once", "sessions", "list", "--json")).Succeeded().Json.GetArrayLength());
        Assert.Contains("live messages:", (await server.RunAsync("once", "sessions", "show", "s")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_is_followed_to_its_end_and_a_failed_one_is_retried()
    {
        string good = await WriteAsync("good.jsonl", """{"role":"user","content":"hello"}""");
        string bad = await WriteAsync("bad.jsonl", """{"role":"user","content":"fail this commit"}""");
        await server.RunAsync("commits", "sessions", "append", "good", good);
        await server.RunAsync("commits", "sessions", "append", "bad", bad);

        CommandResult followed = await server.RunAsync("commits", "commits", "start", "good", "--follow");
        Assert.Equal(0, followed.Code);
        Assert.Contains(" s  completed\n", followed.Output, StringComparison.Ordinal);
        CommandResult skipped = (await server.RunAsync("commits", "commits", "start", "good")).Succeeded();
        Assert.Equal("Nothing to commit: no_messages\n", skipped.Output);
        CommandResult archives = (await server.RunAsync("commits", "archive", "list", "good")).Succeeded();
        Assert.Contains("archive_001", archives.Output, StringComparison.Ordinal);
        CommandResult archive = (await server.RunAsync("commits", "archive", "show", "good", "archive_001")).Succeeded();
        Assert.StartsWith("# 1 messages\n\n", archive.Output, StringComparison.Ordinal);

        CommandResult failed = await server.RunAsync("commits", "commits", "start", "bad", "--follow", "--json");
        Assert.Equal(2, failed.Code);
        string task = failed.Json.GetProperty("task_id").GetString()!;
        Assert.Equal("failed", failed.Json.GetProperty("status").GetString());
        CommandResult dry = (await server.RunAsync("commits", "commits", "retry", "--failed", "--dry-run", "--json")).Succeeded();
        Assert.Equal($$"""[{"task_id":"{{task}}","done":"would be retried"}]""", JsonSerializer.Serialize(dry.Json));
        CommandResult retried = (await server.RunAsync("commits", "commits", "retry", "--failed")).Succeeded();
        Assert.Equal($"{task}  retried\n1 of 1 commits are retried.\n", retried.Output);
        Assert.Equal(2, (await server.RunAsync("commits", "commits", "follow", task)).Code);
        JsonElement after = (await server.RunAsync("commits", "commits", "show", task, "--json")).Succeeded().Json;
        Assert.Equal(2, after.GetProperty("meta").GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task Memories_are_written_listed_found_and_deleted_and_their_text_steers_no_terminal()
    {
        const string Hostile = "prefers tea \u001b[2J\u009b1m\u202egreen";
        await server.RunAsync("memories", "memories", "remember", "preferences/tea", Hostile);
        foreach (string[] command in (string[][])[["list"], ["show", "preferences/tea"], ["search", "tea"]])
        {
            foreach (string[] json in (string[][])[[], ["--json"]])
            {
                CommandResult shown = (await server.RunAsync("memories", ["memories", .. command, .. json])).Succeeded();
                Assert.Contains("prefers tea \\u001", shown.Output, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(shown.Output, static c => char.IsControl(c) && c != '\n');
            }
        }

        CommandResult refused = await server.RunAsync("memories", "memories", "forget", "preferences/tea");
        Assert.Equal((1, "error: A deletion cannot be taken back: say --yes.\n"), (refused.Code, refused.Error));
        (await server.RunAsync("memories", "memories", "forget", "preferences/tea", "--yes")).Succeeded();
        Assert.Equal("[]\n", (await server.RunAsync("memories", "memories", "list", "--json")).Output);
    }

    [Fact]
    public async Task An_error_is_one_line_and_exit_code_1()
    {
        CommandResult missing = await server.RunAsync("errors", "sessions", "show", "none");
        Assert.Equal((1, "", "error: Session none not found (NOT_FOUND, 404)\n"), (missing.Code, missing.Output, missing.Error));
        CommandResult dots = await server.RunAsync("errors", "sessions", "show", "..");
        Assert.Equal((1, "error: '..' is no id.\n"), (dots.Code, dots.Error));
        string broken = await WriteAsync("x.jsonl", "{\"role\":\"user\"}\n{oops");
        CommandResult file = await server.RunAsync("errors", "sessions", "append", "s", broken);
        Assert.Equal(1, file.Code);
        Assert.Single(file.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("{\"role\":\"user\"}\n{oops", "line 2: no JSON")]
    [InlineData("[{\"role\":\"user\"},\n\n7]", "line 3: no message, which is a JSON object")]
    [InlineData("[{\"role\":\"user\"},\n{\"role\":", "line 2: no JSON")]
    [InlineData("\n\n\"text\"", "line 3: no message, which is a JSON object")]
    public async Task A_file_that_is_none_of_messages_is_refused_with_the_line(string text, string error)
    {
        string file = await WriteAsync("wrong.json", text);
        CommandResult refused = await ScriptedAsync(new Answers(), "sessions", "append", "s", file);
        Assert.StartsWith($"error: {file}, {error}", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_message_that_no_server_takes_no_more_is_read_than_a_server_takes()
    {
        await using var endless = new Endless(Encoding.UTF8.GetBytes("\ufeff{\"a\":1}\n\n{\"b\":\""));
        ClientException e = await Assert.ThrowsAsync<ClientException>(
            () => new MessageFile(endless, "f").ReadAsync(TestContext.Current.CancellationToken).CountAsync().AsTask());
        Assert.Equal("f, line 3: a message of more than 33554432 bytes, which no server takes", e.Message);
        Assert.InRange(endless.Position, MessageFile.MaxBytes, MessageFile.MaxBytes + (1024 * 1024));
    }

    [Fact]
    public async Task What_is_busy_is_asked_again_a_bounded_number_of_times_and_a_change_only_with_its_key()
    {
        const string Ok = """{"status":"ok","result":[],"error":null}""";
        var busy = new Answers(
            (HttpStatusCode.TooManyRequests, "{}"), (HttpStatusCode.ServiceUnavailable, "{}"), (0, ""), (HttpStatusCode.OK, Ok));
        CommandResult listed = await ScriptedAsync(busy, "commits", "list", "--json");
        Assert.Equal((0, "[]\n", 4), (listed.Code, listed.Output, busy.Requests.Count));

        var away = new Answers([.. Enumerable.Repeat((HttpStatusCode.ServiceUnavailable, "{}"), 10)]);
        Assert.Equal(1, (await ScriptedAsync(away, "commits", "start", "s")).Code);
        Assert.Equal(SessionApi.MaxAttempts, away.Requests.Count);
        Assert.Single(away.Requests.Select(static r => r.Key).Distinct());
        Assert.NotNull(away.Requests[0].Key);

        var denied = new Answers((HttpStatusCode.Unauthorized, """{"error":{"code":"UNAUTHENTICATED","message":"no\u001b"}}"""));
        CommandResult refused = await ScriptedAsync(denied, "sessions", "list");
        Assert.Equal((1, "error: no\\u001b (UNAUTHENTICATED, 401)\n", 1), (refused.Code, refused.Error, denied.Requests.Count));
    }

    [Fact]
    public async Task A_commit_is_followed_for_no_longer_than_was_said()
    {
        var time = new JumpingTime();
        DateTimeOffset start = time.GetUtcNow();
        var waits = new List<int>();
        using var holding = new Holding(request =>
        {
            int wait = int.Parse("0" + request.RequestUri!.Query.Replace("?wait=", "", StringComparison.Ordinal));
            waits.Add(wait);
            time.Advance(TimeSpan.FromSeconds(wait));
            return """{"result":{"task_id":"t","status":"running"}}""";
        });
        CommandResult followed = await CommandHost.RunAsync(
            new ClientHost { Handler = () => holding, Environment = static _ => null, Time = time },
            "commits", "follow", "t", "--timeout", "45");
        Assert.Contains("Task t is not over after 45 s: running.", followed.Error, StringComparison.Ordinal);
        Assert.Equal([0, 20, 20, 4], waits.Take(4));
        Assert.Equal(TimeSpan.FromSeconds(45), time.GetUtcNow() - start);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task What_was_deleted_by_a_request_whose_answer_was_lost_is_deleted_and_what_never_was_there_is_not(int lost)
    {
        const string Gone = """{"error":{"code":"NOT_FOUND","message":"There is none."}}""";
        CommandResult deleted = await ScriptedAsync(
            new Answers(((HttpStatusCode)lost, ""), (HttpStatusCode.NotFound, Gone)), "sessions", "delete", "s", "--yes");
        Assert.Equal((0, "Session s is deleted.\n"), (deleted.Code, deleted.Output + deleted.Error));
        CommandResult forgotten = await ScriptedAsync(
            new Answers((0, ""), (HttpStatusCode.NotFound, Gone)), "memories", "forget", "events/x", "--yes");
        Assert.Equal((0, "Forgotten: events/x\n"), (forgotten.Code, forgotten.Output + forgotten.Error));
        Assert.Equal(1, (await ScriptedAsync(new Answers((HttpStatusCode.NotFound, Gone)), "sessions", "delete", "s", "--yes")).Code);
    }

    // The pages on the way into a circle, the pages of the circle, and the requests after which it is known.
    [Theory]
    [InlineData(0, 1, 2)]
    [InlineData(0, 2, 4)]
    [InlineData(2, 3, 7)]
    [InlineData(20, 50, 114)]
    public async Task A_listing_whose_page_leads_back_ends(int way, int circle, int requests)
    {
        var answers = new Answers([.. Enumerable.Repeat((HttpStatusCode.OK, """{"result":[]}"""), 200)])
        {
            Next = page => $"{(page < way ? page : way + ((page - way) % circle))}",
        };
        using var api = new SessionApi(new ServerAddress(new Uri("http://a"), null), TimeProvider.System, answers);
        ClientException e = await Assert.ThrowsAsync<ClientException>(
            () => api.ListAsync("sessions?limit=1", TestContext.Current.CancellationToken).CountAsync().AsTask());
        Assert.Contains("a page leads back to one before", e.Message, StringComparison.Ordinal);
        Assert.Equal(requests, answers.Requests.Count);
    }

    [Fact]
    public async Task A_listing_of_many_pages_is_walked_to_its_end()
    {
        var answers = new Answers([.. Enumerable.Repeat((HttpStatusCode.OK, """{"result":[1]}"""), 100)])
        {
            Next = static page => page < 99 ? $"{page}" : null,
        };
        using var api = new SessionApi(new ServerAddress(new Uri("http://a"), null), TimeProvider.System, answers);
        Assert.Equal(100, await api.ListAsync("sessions?limit=1", TestContext.Current.CancellationToken).CountAsync());
    }

    [Fact]
    public async Task An_answer_that_stands_still_ends()
    {
        var time = new FakeTimeProvider();
        var pipe = new Pipe();
        using var response = new HttpResponseMessage();
        using var answer = new StreamedAnswer(response, pipe.Reader.AsStream(), time);
        ValueTask<int> read = answer.MessagesAsync(TestContext.Current.CancellationToken).CountAsync();
        time.Advance(TimeSpan.FromSeconds(99));
        Assert.False(read.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        ClientException e = await Assert.ThrowsAsync<ClientException>(() => read.AsTask());
        Assert.Equal("The answer stood still for 100 s.", e.Message);
    }

    [Fact]
    public async Task A_large_message_that_comes_in_small_pieces_is_parsed_a_few_times_and_not_once_for_each()
    {
        string text = new('x', 2 * 1024 * 1024);
        byte[] bytes = Encoding.UTF8.GetBytes(
            """{"result":{"messages":[{"t":"LONG"},{"t":"a"},{"t":"LONG"}],"stats":{"n":1}}}"""
                .Replace("LONG", text, StringComparison.Ordinal));
        using var response = new HttpResponseMessage();
        using var answer = new StreamedAnswer(response, new Pieces(bytes), TimeProvider.System);
        List<JsonElement> messages = await answer.MessagesAsync(TestContext.Current.CancellationToken).ToListAsync();
        Assert.Equal([text, "a", text], messages.Select(static m => m.GetProperty("t").GetString()));
        Assert.Equal(1, answer.Find("stats")?.GetProperty("n").GetInt32());
        Assert.InRange(answer.Parsed, bytes.Length, 4L * bytes.Length);
    }

    // Of a: the answer is lost. Of b: another client was there before.
    [Fact]
    public async Task A_receipt_has_what_a_lost_request_deleted_and_not_what_another_client_did()
    {
        const string Gone = """{"error":{"code":"NOT_FOUND","message":"There is none."}}""";
        const string None = """{"result":[]}""";
        const string Session = """{"result":{"total_message_count":1}}""";
        var answers = new Answers(
            (HttpStatusCode.OK, """{"result":{"user":"u"}}"""),
            (HttpStatusCode.OK, """{"result":[{"session_id":"a"},{"session_id":"b"}]}"""),
            (HttpStatusCode.OK, Session), (0, ""), (HttpStatusCode.NotFound, Gone),
            (HttpStatusCode.OK, Session), (HttpStatusCode.NotFound, Gone),
            (HttpStatusCode.OK, None), (HttpStatusCode.OK, None),
            (HttpStatusCode.OK, None), (HttpStatusCode.OK, None), (HttpStatusCode.OK, None));
        CommandResult erased = await ScriptedAsync(answers, "users", "erase", "u", "--yes", "--json");
        Assert.Equal((0, 12), (erased.Code, answers.Requests.Count));
        JsonElement removed = Assert.Single(erased.Json.GetProperty("sessions").EnumerateArray());
        Assert.Equal("a", removed.GetProperty("session_id").GetString());
        Assert.Equal(0, erased.Json.GetProperty("left").GetArrayLength());
    }

    [Fact]
    public async Task A_server_is_asked_again_when_it_said()
    {
        var time = new JumpingTime();
        DateTimeOffset start = time.GetUtcNow();
        var later = new Answers(
            (HttpStatusCode.TooManyRequests, "{}"), (HttpStatusCode.ServiceUnavailable, "{}"), (HttpStatusCode.OK, """{"result":[]}"""))
        {
            RetryAfter = "7",
        };
        CommandResult listed = await CommandHost.RunAsync(
            new ClientHost { Handler = () => later, Environment = static _ => null, Time = time }, "commits", "list");
        Assert.Equal((0, 14.0), (listed.Code, (time.GetUtcNow() - start).TotalSeconds));
    }

    [Fact]
    public async Task A_server_is_waited_for_a_minute_at_most()
    {
        var later = new Answers((HttpStatusCode.TooManyRequests, "{}"), (HttpStatusCode.OK, """{"result":[]}""")) { RetryAfter = "61" };
        Assert.Equal((1, 1), ((await ScriptedAsync(later, "commits", "list")).Code, later.Requests.Count));
    }

    [Fact]
    public async Task An_answer_without_messages_is_no_empty_archive_and_a_file_name_steers_no_terminal()
    {
        var answers = new Answers(
            (HttpStatusCode.OK, """{"result":{"user":"u"}}"""),
            (HttpStatusCode.OK, """{"result":[{"session_id":"s"}]}"""),
            (HttpStatusCode.OK, """{"result":[]}"""),
            (HttpStatusCode.OK, """{"result":{"message_count":0}}"""),
            (HttpStatusCode.OK, """{"result":{"stats":{}}}"""),
            (HttpStatusCode.OK, """{"result":[]}"""),
            (HttpStatusCode.OK, """{"result":[]}"""));
        CommandResult exported = await ScriptedAsync(answers, "export", Path.Combine(_folder.Path, "to"));
        Assert.Equal(1, exported.Code);
        Assert.Contains("The answer has no messages", exported.Output, StringComparison.Ordinal);

        CommandResult missing = await ScriptedAsync(new Answers(), "sessions", "append", "s", Path.Combine(_folder.Path, "\u001b[2J"));
        Assert.Equal(1, missing.Code);
        Assert.DoesNotContain("\u001b", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_not_shown_and_a_warning_says_where_it_crosses_a_network_in_clear_text()
    {
        var answers = new Answers((HttpStatusCode.OK, """{"result":[]}"""), (HttpStatusCode.OK, """{"result":[]}"""));
        CommandResult exposed = await ScriptedAsync(answers, "commits", "list", "--key", "S3CRET", "--url", "http://sessions.example");
        Assert.Equal("warning: the key goes to sessions.example in clear text; use https.\n", exposed.Error);
        Assert.DoesNotContain("S3CRET", exposed.Output, StringComparison.Ordinal);
        CommandResult safe = await ScriptedAsync(answers, "commits", "list", "--key", "S3CRET", "--url", "https://sessions.example");
        Assert.Equal((0, ""), (safe.Code, safe.Error));
        Assert.DoesNotContain("S3CRET", new ServerAddress(new Uri("http://a"), "S3CRET").ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_is_whole_in_a_narrow_terminal()
    {
        const string Id = "cm-0123456789abcdef0123456789abcdef";
        JsonElement item = JsonElement.Parse($$"""{"id":"{{Id}}","what":"a long text of many words that needs several lines"}""");
        foreach (int width in (int[])[20, 40, 60, 200])
        {
            var text = new StringWriter(CultureInfo.InvariantCulture);
            IAnsiConsole console = ClientRun.CreateConsole(text, hasColors: false, width);
            Server.Clients.Listing.Write(console, [item], new Column("id", "id", isWhole: true), new Column("what", "what"));
            Assert.Contains(Id, text.ToString(), StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static Task<CommandResult> ScriptedAsync(Answers answers, params string[] arguments) => CommandHost.RunAsync(
        new ClientHost { Handler = () => answers, Environment = static _ => null }, arguments);

    private async Task<string> WriteAsync(string name, string text)
    {
        string path = Path.Combine(_folder.Path, name);
        await File.WriteAllTextAsync(path, text);
        return path;
    }

    /// <summary>A pause ends where it begins, and the time is that of its end.</summary>
    private sealed class JumpingTime : FakeTimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime > TimeSpan.Zero)
            {
                Advance(dueTime);
            }

            return timer;
        }
    }

    /// <summary>Answers by what it is asked, for as long as it likes.</summary>
    private sealed class Holding(Func<HttpRequestMessage, string> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StringContent(answer(request), Encoding.UTF8, "application/json") });
    }

    /// <summary>A beginning, and x behind it without an end.</summary>
    private sealed class Endless(byte[] beginning) : MemoryStream
    {
        public override long Position { get; set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Assert.InRange(Position, 0, 4L * MessageFile.MaxBytes);
            buffer.Span.Fill((byte)'x');
            int given = (int)Math.Min(Position, beginning.Length);
            int more = Math.Min(beginning.Length - given, buffer.Length);
            beginning.AsSpan(given, more).CopyTo(buffer.Span);
            Position += buffer.Length;
            return ValueTask.FromResult(buffer.Length);
        }
    }

    /// <summary>Gives no more than 4 KiB at once, as a network does.</summary>
    private sealed class Pieces(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, 4_096)], cancellationToken);
    }

    /// <summary>Answers in order; status 0 loses the connection.</summary>
    private sealed class Answers(params (HttpStatusCode Status, string Text)[] answers) : HttpMessageHandler
    {
        public List<(string Path, string? Key)> Requests { get; } = [];

        public string RetryAfter { get; init; } = "0";

        /// <summary>The cursor of each page, by its number from 0.</summary>
        public Func<int, string?> Next { get; init; } = static _ => null;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string? key = request.Headers.TryGetValues("Idempotency-Key", out IEnumerable<string>? keys) ? keys.Single() : null;
            (HttpStatusCode status, string text) = answers[Requests.Count];
            Requests.Add((request.RequestUri!.PathAndQuery, key));
            if (status == 0)
            {
                throw new HttpRequestException("The connection is lost.");
            }

            var response = new HttpResponseMessage(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };
            if (status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)
            {
                response.Headers.Add("Retry-After", RetryAfter);
            }

            if (Next(Requests.Count - 1) is { } next)
            {
                response.Headers.Add("X-Next-Cursor", next);
            }

            return Task.FromResult(response);
        }
    }
}
