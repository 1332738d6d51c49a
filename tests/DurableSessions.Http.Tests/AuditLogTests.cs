using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Audit;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>What the audit log says, and what it never says.</summary>
public sealed class AuditLogTests
{
    private const string Instances = "/runtime/webhooks/durabletask/instances";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SimulatedStorage _storage = new();
    private readonly HostLog _log = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ann", "GET", "/api/v1/sessions?q=1", "expired_key")]
    [InlineData("reader", "DELETE", "/api/v1/sessions/s", "read_only_key")]
    [InlineData("operator", "GET", "/api/v1/sessions", "operators_key")]
    [InlineData("bob", "GET", Instances + "/x", "no_operators_key")]
    [InlineData("unknown", "GET", "/api/v1/sessions", "unknown_key")]
    [InlineData("none", "GET", "/api/v1/sessions", "no_key")]
    public async Task A_request_that_is_refused_has_an_entry(string who, string method, string path, string why)
    {
        SessionStorage storage = await NewContainerAsync();
        KeyStore store = Store(storage);
        string text = who switch
        {
            "ann" => (await store.AddAsync(new NewKey("acme", "ann") { LifetimeDays = 1 }, Cancelled)).Text,
            "reader" => (await store.AddAsync(new NewKey("acme", "ann") { IsReadOnly = true }, Cancelled)).Text,
            "operator" => (await store.AddAsync(null, null, Cancelled)).Text,
            "none" => "",
            _ => (await store.AddAsync("acme", "bob", Cancelled)).Text,
        };
        string id = who == "none" ? "none" : text[4..16];
        if (who is "unknown" or "none")
        {
            await store.RevokeAsync(id, Cancelled);
            await store.AddAsync("acme", "other", Cancelled);
        }

        _time.Advance(TimeSpan.FromDays(2));
        await using ApiHost host = await StartAsync(storage);

        Reply reply = await host.SendAsync(path, text, new HttpMethod(method));

        LogEntry entry = await _log.NextAsync(3020);
        Assert.Equal(KeyAudit.Category, entry.Category);
        Assert.Equal(
            $"Address=127.0.0.1; KeyId={id}; Method={method}; Path={path.Split('?')[0]}; "
                + $"RequestId={reply.Header("X-Request-ID")}; Why={why}",
            entry.FieldText);
    }

    [Fact]
    public async Task A_key_is_in_no_entry_wherever_a_client_puts_it()
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync(null, null, Cancelled);
        await using ApiHost host = await StartAsync(storage);
        string secret = text[^43..];
        using var request = new HttpRequestMessage(new HttpMethod(text), $"/api/v1/sessions/{text}/a%0Ab?key={text}");
        request.Headers.Add("X-API-Key", text + "x");
        request.Headers.Add("X-Request-ID", text);
        request.Headers.Add("User-Agent", text);
        using HttpResponseMessage unknown = await host.Client.SendAsync(request, Cancelled);
        foreach (string path in (string[])[$"/api/v1/sessions/{text}", $"/api/v1/sessions/x{text.ToUpperInvariant()}/context", "/health"])
        {
            using var wrong = new HttpRequestMessage(HttpMethod.Get, path);
            wrong.Headers.Add("X-API-Key", path == "/health" ? text[..^1] + "~" : text);
            wrong.Headers.Add("X-Request-ID", text);
            using HttpResponseMessage refused = await host.Client.SendAsync(wrong, Cancelled);
            Assert.InRange((int)refused.StatusCode, 401, 403);
            await _log.NextAsync(3020);
        }

        await host.SendAsync($"{Instances}/{text}/terminate", text, HttpMethod.Post);
        await _log.NextAsync(3027);
        await Store(storage).RevokeAsync(key.Id, Cancelled);
        await RefreshAsync(host);
        await _log.NextAsync(3024);

        Assert.All(
            _log.Entries.Where(static e => e.Category == KeyAudit.Category),
            e =>
            {
                Assert.DoesNotContain(secret, e.Text + e.FieldText, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain(key.Hash, e.Text + e.FieldText, StringComparison.OrdinalIgnoreCase);
                Assert.DoesNotContain('\n', e.Text);
            });
        Assert.Contains(_log.Entries, static e => e.Text.Contains("[REDACTED]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_becomes_of_keys_is_noted_as_a_host_sees_it()
    {
        SessionStorage storage = await NewContainerAsync();
        KeyStore store = Store(storage);
        ApiKey first = (await store.AddAsync(new NewKey("acme", "ann") { Name = "ci", LifetimeDays = 1 }, Cancelled)).Key;
        await using ApiHost host = await StartAsync(storage);
        ApiKey added = (await store.AddAsync(new NewKey(null, null) { IsReadOnly = true }, Cancelled)).Key;
        await RefreshAsync(host);
        Assert.Equal(
            $"Account=; By={KeyAudit.Seen}; ExpiresAt=; KeyId={added.Id}; KeyName=; Scope=operator, read-only; User=",
            (await _log.NextAsync(3023)).FieldText);

        (_, ApiKey next, ApiKey old) = (await store.RotateAsync(first.Id, TimeSpan.FromHours(1), Cancelled))!.Value;
        await RefreshAsync(host);
        Assert.Equal(next.Id, (await _log.NextAsync(3023)).Fields["KeyId"]);
        LogEntry rotated = Assert.Single(_log.Entries, static e => e.Event.Id == 3026);
        Assert.Equal(
            $"By={KeyAudit.Seen}; ExpiresAt={old.ExpiresAt}; KeyId={first.Id}; KeyName=ci; NewKeyId={next.Id}", rotated.FieldText);

        _time.Advance(TimeSpan.FromHours(1));
        await RefreshAsync(host);
        Assert.Equal($"ExpiresAt={old.ExpiresAt}; KeyId={first.Id}; KeyName=ci", (await _log.NextAsync(3025)).FieldText);

        await store.RevokeAsync(next.Id, Cancelled);
        await RefreshAsync(host);
        Assert.Equal($"By={KeyAudit.Seen}; KeyId={next.Id}; KeyName=ci", (await _log.NextAsync(3024)).FieldText);
        await RefreshAsync(host);
        Assert.Equal([3023, 3026, 3023, 3025, 3024], AuditIds());
    }

    [Fact]
    public async Task What_operators_change_is_noted_with_what_became_of_it()
    {
        SessionStorage storage = await NewContainerAsync();
        string text = (await Store(storage).AddAsync(new NewKey(null, null) { Name = "root" }, Cancelled)).Text;
        await using ApiHost host = await StartAsync(storage);
        await host.SendAsync(Instances + "/", text);
        foreach ((string action, string path, HttpMethod method) in ((string, string, HttpMethod)[])
            [
                ("terminate", "/x/terminate", HttpMethod.Post), ("suspend", "/x/suspend", HttpMethod.Post),
                ("resume", "/x/resume", HttpMethod.Post), ("raiseEvent", "/x/raiseEvent/e", HttpMethod.Post),
                ("purge", "/x", HttpMethod.Delete),
            ])
        {
            Reply reply = await host.SendAsync(Instances + path, text, method, method == HttpMethod.Post ? "{}" : null);
            Assert.Equal(HttpStatusCode.NotFound, reply.Status);
            Assert.Equal(
                $"Action={action}; InstanceId=x; KeyId={text[4..16]}; KeyName=root; RequestId={reply.Header("X-Request-ID")}; Status=404",
                (await _log.NextAsync(3027)).FieldText);
        }

        Assert.Equal(5, AuditIds().Count());
    }

    [Fact]
    public async Task Without_keys_no_client_floods_the_log_and_what_it_leaves_out_is_counted()
    {
        SessionStorage storage = await NewContainerAsync();
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, log: _log, keyTime: _time, time: _time);
        for (int i = 0; i < RequestAudit.MaxRefusals + 5; i++)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await host.SendAsync("/api/v1/sessions", "x")).Status);
        }

        Assert.Equal([.. Enumerable.Repeat(3020, RequestAudit.MaxRefusals), 3021], AuditIds());
        _time.Advance(TimeSpan.FromMinutes(1));
        await host.SendAsync("/api/v1/sessions", "x");
        Assert.Equal([3022, 3020], AuditIds().TakeLast(2));
        Assert.Equal(5, _log.Entries.Single(static e => e.Event.Id == 3022).Fields["Count"]);
        Assert.Equal("key_without_keys", _log.Entries.Last(static e => e.Event.Id == 3020).Fields["Why"]);
    }

    [Fact]
    public async Task With_keys_the_rate_limiter_bounds_the_entries()
    {
        SessionStorage storage = await NewContainerAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(
            storage, withEngine: false, log: _log, keyTime: _time, limits: new() { UnauthenticatedRequestsPerSecond = 1 });
        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < 50; i++)
        {
            statuses.Add((await host.SendAsync("/api/v1/sessions", "x")).Status);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        Assert.Equal(statuses.Count(static s => s == HttpStatusCode.Unauthorized), AuditIds().Count());
    }

    private IEnumerable<int> AuditIds() => _log.Entries.Where(static e => e.Category == KeyAudit.Category).Select(static e => e.Event.Id);

    private Task<ApiHost> StartAsync(SessionStorage storage) =>
        ApiHost.StartAsync(storage, withEngine: false, log: _log, keyTime: _time);

    private async Task RefreshAsync(ApiHost host)
    {
        _time.Advance(TimeSpan.FromSeconds(31));
        await host.Keys.GetAsync(NullLogger.Instance, Cancelled);
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private async Task<SessionStorage> NewContainerAsync()
    {
        SessionStorage storage = _storage.Connect("keys");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return storage;
    }
}
