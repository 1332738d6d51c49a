using System.Net;
using System.Net.Sockets;
using System.Text;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>A request ends where its key ends.</summary>
public sealed class KeyEndTests
{
    private const string Revoked = "The key was revoked while the request was answered.";
    private const string Expired = "The key has expired while the request was answered.";
    private const string Wait = "/api/v1/system/wait";

    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(31);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SimulatedFixture _storage = new();
    private readonly RequestLog _requests = new();
    private readonly FaultTransport _faults = new();
    private readonly HostLog _log = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private int KeyReads => _requests.Requests.Count(static r => r.Method == "GET" && r.Blob == KeyStore.BlobName);

    [Theory]
    [InlineData(Wait, """{"timeout":60}""")]
    [InlineData("/api/v1/sessions/s/commit?wait=60", "{}")]
    public async Task A_wait_ends_after_its_key_was_revoked(string path, string body)
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        string other = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: _time, log: _log);
        await AddHeldAsync(host, text, commits: path == Wait);
        Task<Reply> ends = host.SendAsync(path, text, HttpMethod.Post, body);
        await UntilAsync(() => host.Keys.Open.Requests == 1);
        Task<Reply>? goesOn = path == Wait ? host.SendAsync(Wait, other, HttpMethod.Post, """{"timeout":60}""") : null;
        await UntilAsync(() => path != Wait || host.Keys.Open.Requests == 2);

        await Store(storage).RevokeAsync(key.Id, Cancelled);
        _time.Advance(s_refresh);

        Reply reply = await ends.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        Assert.Equal(ErrorText.Of("UNAUTHENTICATED", Revoked), reply.Text);
        Assert.Equal("revoked_key", (await _log.NextAsync(3020)).Fields["Why"]);
        Assert.NotEqual(true, goesOn?.IsCompleted);
        host.Processor.Release();
        (await (goesOn ?? host.SendAsync(Wait, other, HttpMethod.Post, """{"timeout":60}"""))).Succeeded();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wait_ends_after_its_key_has_expired_also_while_storage_is_away(bool isAway)
    {
        SessionStorage storage = await NewContainerAsync();
        string text = (await Store(storage).AddAsync(new NewKey("acme", "ann") { LifetimeDays = 1 }, Cancelled)).Text;
        _time.Advance(TimeSpan.FromDays(1) - s_refresh);
        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: _time);
        await AddHeldAsync(host, text, commits: true);
        Task<Reply> ends = host.SendAsync(Wait, text, HttpMethod.Post, """{"timeout":60}""");
        await UntilAsync(() => host.Keys.Open.Requests == 1);
        if (isAway)
        {
            _faults.When(static r => r.Blob == KeyStore.BlobName, Fault.Respond(403, "AuthorizationFailure"), times: int.MaxValue);
        }

        _time.Advance(s_refresh);

        Reply reply = await ends.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.Equal(ErrorText.Of("UNAUTHENTICATED", Expired), reply.Text);
    }

    [Fact]
    public async Task A_body_is_not_read_any_more()
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(host.Client.BaseAddress!.Host, host.Client.BaseAddress.Port, Cancelled);
        NetworkStream stream = tcp.GetStream();
        string head = $"POST /api/v1/sessions/s/messages HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {text}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"role\":";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head), Cancelled);
        await UntilAsync(() => host.Keys.Open.Requests == 1);

        await Store(storage).RevokeAsync(key.Id, Cancelled);
        _time.Advance(s_refresh);

        using var reader = new StreamReader(stream);
        Task<string?> status = reader.ReadLineAsync(Cancelled).AsTask();
        Assert.Equal("HTTP/1.1 401 Unauthorized", await status.WaitAsync(TimeSpan.FromSeconds(30), Cancelled));
    }

    // A client that were answered 401 would send again what is stored.
    [Fact]
    public async Task What_is_being_stored_is_answered_as_stored()
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        const string Messages = "/api/v1/sessions/s/messages";
        const string Message = """{"role":"user","content":"x"}""";
        (await host.SendAsync(Messages, text, HttpMethod.Post, Message)).Succeeded();
        await UntilAsync(() => host.Keys.Open.Requests == 0);
        var storing = new HoldsRequest();
        _faults.When(static r => r.Comp == "appendblock", storing);
        Task<Reply> append = host.SendAsync(Messages, text, HttpMethod.Post, Message);
        await storing.Arrived;

        await Store(storage).RevokeAsync(key.Id, Cancelled);
        int before = KeyReads;
        _time.Advance(s_refresh);
        await UntilAsync(() => KeyReads > before);
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.SendAsync(Messages, text, HttpMethod.Post, Message)).Status);
        await storing.ReleaseAsync();

        (await append).Succeeded();
    }

    [Fact]
    public async Task An_answer_that_has_begun_is_cut()
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        string message = $$"""{"role":"user","content":"{{new string('x', 1_000_000)}}"}""";
        string batch = $$"""{"messages":[{{string.Join(',', Enumerable.Repeat(message, 14))}}]}""";
        for (int i = 0; i < 2; i++)
        {
            (await host.SendAsync("/api/v1/sessions/s/messages/batch", text, HttpMethod.Post, batch)).Succeeded();
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/sessions/s/context?token_budget=10000000");
        request.Headers.Add("X-API-Key", text);
        using HttpResponseMessage response =
            await host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancelled);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await UntilAsync(() => host.Keys.Open.Requests == 1);

        await Store(storage).RevokeAsync(key.Id, Cancelled);
        _time.Advance(s_refresh);
        await UntilAsync(() => host.Keys.Open.Requests == 0);

        Exception cut = await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync(Cancelled));
        Assert.True(cut is HttpRequestException or IOException, cut.ToString());
    }

    // What is sent may be waiting for its client, in code that looks at no token.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_is_aborted_where_its_answer_has_begun_and_cancelled_otherwise(bool hasBegun)
    {
        using var keys = new OpenKeys(_time, static () => Task.CompletedTask, static () => s_refresh);
        var begun = new BegunResponse(hasBegun);
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseFeature>(begun);
        http.Features.Set<IHttpRequestLifetimeFeature>(begun);
        http.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new OnlyReadsAttribute()), null));
        RequestKey.Begin(http, new ApiKey("0123456789ab", "", "acme", "ann", default), keys);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration _ = http.RequestAborted.Register(cancelled.SetResult);

        keys.EndInvalid(new KeySet([]), _time.GetUtcNow());

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        if (hasBegun)
        {
            await begun.Aborted.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        }

        Assert.Equal(hasBegun, begun.Aborted.IsCompleted);
    }

    [Fact]
    public async Task Storage_is_asked_every_half_minute_while_a_request_is_on_its_way_and_not_without_one()
    {
        SessionStorage storage = await NewContainerAsync();
        string text = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, keyTime: _time);
        await AddHeldAsync(host, text, commits: true);
        int before = KeyReads;
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(before, KeyReads);

        Task<Reply> first = host.SendAsync(Wait, text, HttpMethod.Post, """{"timeout":60}""");
        Task<Reply> second = host.SendAsync(Wait, text, HttpMethod.Post, """{"timeout":60}""");
        await UntilAsync(() => host.Keys.Open.Requests == 2);
        before = KeyReads;
        for (int reads = before + 1; reads <= before + 3; reads++)
        {
            int seconds = 0;
            await UntilAsync(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                seconds++;
                return KeyReads == reads;
            });
            Assert.InRange(seconds, 29, int.MaxValue);
        }

        host.Processor.Release();
        (await first).Succeeded();
        (await second).Succeeded();
        await UntilAsync(() => host.Keys.Open.Requests == 0);
        before = KeyReads;
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(before, KeyReads);
    }

    private static async Task AddHeldAsync(ApiHost host, string text, bool commits)
    {
        string message = $$"""{"role":"user","content":"{{ScriptedProcessor.HoldText}}"}""";
        (await host.SendAsync("/api/v1/sessions/s/messages", text, HttpMethod.Post, message)).Succeeded();
        if (commits)
        {
            (await host.SendAsync("/api/v1/sessions/s/commit", text, HttpMethod.Post, "{}")).Succeeded();
        }

        // A request ends a moment after its answer was sent.
        await UntilAsync(() => host.Keys.Open.Requests == 0);
    }

    // What is awaited happens in the host without an event; it is looked for until then, for at most 30 seconds.
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private Task<SessionStorage> NewContainerAsync() => _storage.NewStorageAsync(options =>
    {
        _requests.Configure(options);
        _faults.Configure(options);
    });

    private sealed class BegunResponse(bool hasBegun) : HttpResponseFeature, IHttpRequestLifetimeFeature
    {
        private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool HasStarted => hasBegun;

        public CancellationToken RequestAborted { get; set; }

        public Task Aborted => _aborted.Task;

        public void Abort() => _aborted.TrySetResult();
    }
}
