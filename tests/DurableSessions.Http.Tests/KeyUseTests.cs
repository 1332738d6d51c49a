using System.Net;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>The day on which a key was used last.</summary>
public sealed class KeyUseTests : IAsyncDisposable
{
    private static readonly DateOnly s_first = new(2026, 3, 1);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FaultTransport _faults = new();
    private readonly RequestLog _requests = new();
    private readonly HostLog _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly SimulatedStorage _storage;
    private KeyUses? _uses;

    public KeyUseTests()
    {
        _storage = new SimulatedStorage(_time);
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(_log));
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private IEnumerable<StorageRequest> Written =>
        _requests.Requests.Where(static r => r.Method == "PUT" && r.Blob.StartsWith(KeyStore.UsePrefix, StringComparison.Ordinal));

    [Fact]
    public async Task A_key_that_authenticates_a_request_is_listed_as_used_on_this_day()
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        string idle = (await Store(storage).AddAsync("acme", "bob", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        await host.SendAsync("/api/v1/system/status", idle + "x");
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync("/api/v1/system/status", text)).Status);
        await UntilUsedAsync(storage, key.Id, s_first);

        Assert.Equal([key.Id], (await Store(storage).ListUsesAsync(Cancelled)).Keys);
    }

    [Fact]
    public async Task One_day_costs_one_request_for_each_key()
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey key = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Key;
        ApiKey other = (await Store(storage).AddAsync("acme", "bob", Cancelled)).Key;
        KeyUses uses = await StartAsync(storage);
        Parallel.For(0, 1_000, _ => uses.Note(key));
        await UntilUsedAsync(storage, key.Id, s_first);

        _time.Advance(TimeSpan.FromDays(1));
        Parallel.For(0, 1_000, _ => uses.Note(key));
        uses.Note(other);
        await UntilUsedAsync(storage, other.Id, s_first.AddDays(1));

        Assert.Equal(s_first.AddDays(1), (await Store(storage).ListUsesAsync(Cancelled))[key.Id]);
        Assert.Equal([key.Id, key.Id, other.Id], Written.Select(static r => r.Blob[KeyStore.UsePrefix.Length..]));
    }

    [Fact]
    public async Task What_storage_refuses_is_logged_once_and_written_after_the_next_request()
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey key = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Key;
        ApiKey other = (await Store(storage).AddAsync("acme", "bob", Cancelled)).Key;
        _faults.When(
            static r => r.Blob.StartsWith(KeyStore.UsePrefix, StringComparison.Ordinal), Fault.Respond(403, "AuthorizationFailure"),
            times: 3);
        KeyUses uses = await StartAsync(storage);
        uses.Note(key);
        LogEntry entry = await _log.NextAsync(3005);
        Assert.Equal((LogLevel.Debug, key.Id), (entry.Level, entry.Fields["KeyId"]));
        uses.Note(key);
        while (Written.Count() < 2)
        {
            await Store(storage).ListUsesAsync(Cancelled);
        }

        // Whether it is noted again depends on the moment in which the failure is seen.
        while (!(await Store(storage).ListUsesAsync(Cancelled)).ContainsKey(key.Id))
        {
            uses.Note(key);
        }

        uses.Note(other);
        await UntilUsedAsync(storage, other.Id, s_first);
        Assert.Single(_log.Entries, static e => e.Event.Id == 3005);
    }

    [Fact]
    public async Task No_more_wait_than_there_is_room_for_and_a_request_waits_for_none()
    {
        SessionStorage storage = await NewContainerAsync();
        using var uses = new KeyUses(Store(storage), _time, _loggers.CreateLogger<KeyUses>());
        ApiKey[] keys = [.. Enumerable.Range(0, KeyUses.MaxWaiting + 1).Select(i => new ApiKey($"{i:x12}", "", "acme", "ann", default))];
        foreach (ApiKey key in keys)
        {
            uses.Note(key);
        }

        await uses.StartAsync(Cancelled);
        await UntilUsedAsync(storage, keys[^2].Id, s_first);
        Assert.Equal(KeyUses.MaxWaiting, (await Store(storage).ListUsesAsync(Cancelled)).Count);
        uses.Note(keys[^1]);
        await UntilUsedAsync(storage, keys[^1].Id, s_first);
        await uses.StopAsync(Cancelled);
    }

    [Fact]
    public async Task A_key_that_is_revoked_leaves_nothing_also_where_storage_keeps_it()
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey key = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Key;
        ApiKey other = (await Store(storage).AddAsync("acme", "bob", Cancelled)).Key;
        await Store(storage).NoteUseAsync(key.Id, Cancelled);
        await Store(storage).NoteUseAsync(other.Id, Cancelled);

        Assert.True(await Store(storage).RevokeAsync(key.Id, Cancelled));
        Assert.Equal([other.Id], (await Store(storage).ListUsesAsync(Cancelled)).Keys);

        _faults.When(static r => r.Method == "DELETE", Fault.Respond(403, "AuthorizationFailure"));
        Assert.True(await Store(storage).RevokeAsync(other.Id, Cancelled));
        Assert.Empty((await Store(storage).ListAsync(Cancelled))!);
    }

    [Fact]
    public async Task The_audit_of_the_storage_finds_nothing_in_it()
    {
        SessionStorage storage = await NewContainerAsync();
        (string text, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        await Store(storage).NoteUseAsync(key.Id, Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        await host.SendAsync("/api/v1/sessions/s/messages", text, HttpMethod.Post, """{"role":"user","content":"x"}""");

        var findings = new List<Finding>();
        await foreach (Finding finding in host.Audit.RunAsync(new AuditOptions { OrphanAge = TimeSpan.Zero }, cancellationToken: Cancelled))
        {
            findings.Add(finding);
        }

        Assert.Empty(findings);
    }

    public async ValueTask DisposeAsync()
    {
        if (_uses is not null)
        {
            await _uses.StopAsync(CancellationToken.None);
            _uses.Dispose();
        }

        _loggers.Dispose();
        _log.Dispose();
    }

    private async Task<KeyUses> StartAsync(SessionStorage storage)
    {
        _uses = new KeyUses(Store(storage), _time, _loggers.CreateLogger<KeyUses>());
        await _uses.StartAsync(Cancelled);
        return _uses;
    }

    // Each look is a request, which gives the writer its turn.
    private async Task UntilUsedAsync(SessionStorage storage, string id, DateOnly day)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!((await Store(storage).ListUsesAsync(limit.Token)).TryGetValue(id, out DateOnly used) && used == day))
        {
            await Task.Yield();
        }
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private async Task<SessionStorage> NewContainerAsync()
    {
        SessionStorage storage = _storage.Connect("keys", options =>
        {
            _requests.Configure(options);
            _faults.Configure(options);
        });
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return storage;
    }
}
