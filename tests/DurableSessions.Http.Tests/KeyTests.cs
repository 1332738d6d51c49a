using System.Net;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

public sealed class KeyTests(AzuriteFixture azurite)
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, null, "A key is needed, as X-API-Key or as Authorization: Bearer.")]
    [InlineData("X-API-Key", "", "A key is needed, as X-API-Key or as Authorization: Bearer.")]
    [InlineData("Authorization", "Basic eDp5", "A key is needed, as X-API-Key or as Authorization: Bearer.")]
    [InlineData("X-API-Key", "dsk_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "The key is not known, or was revoked.")]
    [InlineData("Authorization", "Bearer x", "The key is not known, or was revoked.")]
    public async Task Without_a_key_every_request_is_refused(string? header, string? value, string message)
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);

        foreach (string path in (string[])["/api/v1/sessions", "/api/v1/tasks", "/api/v1/system/status"])
        {
            Reply reply = await SendAsync(host, path, [(header ?? "X-Other", value ?? ""), ("X-OpenViking-User", "ann")]);
            Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
            Assert.Equal(ErrorText.Of("UNAUTHENTICATED", message), reply.Text);
            Assert.Equal("Bearer", reply.Header("WWW-Authenticate"));
        }

        Assert.Contains("\"auth_mode\":\"api_key\"", (await SendAsync(host, "/health")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_refuses_a_key_that_is_wrong_and_asks_for_none()
    {
        var log = new RequestLog();
        var faults = new FaultTransport();
        SessionStorage storage = await azurite.NewStorageAsync(options =>
        {
            log.Configure(options);
            faults.Configure(options);
        });
        KeyStore store = Store(storage);
        (string ann, ApiKey key) = await store.AddAsync("acme", "ann", Cancelled);
        string root = (await store.AddAsync(null, null, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        const string Healthy = """{"status":"ok","healthy":true,"version":"1.2.3","auth_mode":"api_key"}""";
        string notKnown = ErrorText.Of("UNAUTHENTICATED", "The key is not known, or was revoked.");
        (string Name, string Value)[] annKey = [("X-API-Key", ann)];
        (string Name, string Value)[] wrongKey = [("Authorization", $"Bearer {ann}x")];

        foreach ((string, string)[] right in ((string, string)[][])
            [[], annKey, [("Authorization", $"Bearer {ann}")], [("X-API-Key", root)], [("Authorization", "Basic eDp5")]])
        {
            Assert.Equal(Healthy, (await SendAsync(host, "/health", right)).Text);
        }

        int before = log.Requests.Count;
        foreach ((string, string)[] wrong in ((string, string)[][])[[("X-API-Key", "x")], wrongKey])
        {
            Reply refused = await SendAsync(host, "/health", wrong);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
            Assert.Equal(notKnown, refused.Text);
            Assert.Equal("Bearer", refused.Header("WWW-Authenticate"));
        }

        Assert.Equal(before, log.Requests.Count);
        Assert.True(await store.RevokeAsync(key.Id, Cancelled));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(notKnown, (await SendAsync(host, "/health", annKey)).Text);

        // Nothing says any more which keys are right, and the process serves.
        faults.When(static request => request.Blob == KeyStore.BlobName, Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(Healthy, (await SendAsync(host, "/health", annKey)).Text);
    }

    [Fact]
    public async Task Without_keys_a_key_is_refused_by_health_as_by_every_route()
    {
        await using ApiHost host = await ApiHost.StartAsync(await azurite.NewStorageAsync(), withEngine: false, keyTime: _time);
        foreach (string path in (string[])["/health", "/api/v1/sessions"])
        {
            Reply reply = await SendAsync(host, path, [("X-API-Key", "x")]);
            Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
            Assert.Contains("'keys add'", reply.Error.GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(
            """{"status":"ok","healthy":true,"version":"1.2.3","auth_mode":"dev"}""", (await SendAsync(host, "/health")).Text);
    }

    [Fact]
    public async Task A_host_that_was_started_without_keys_takes_the_first_one_within_a_minute_under_every_name_and_behind_a_proxy()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        string text = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text;
        (string, string)[] headers = [("X-API-Key", text), ("Host", "sessions.example"), ("X-Forwarded-For", "192.0.2.1")];
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(host, "/api/v1/system/status", headers)).Status);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(
            """{"initialized":true,"user":"ann","account":"acme"}""",
            (await SendAsync(host, "/api/v1/system/status", headers)).ResultText());
    }

    [Fact]
    public async Task Without_keys_a_request_that_is_refused_asks_storage_no_more_often_than_others()
    {
        var log = new RequestLog();
        SessionStorage storage = await azurite.NewStorageAsync(log.Configure);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        int before = log.Requests.Count;
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(host, "/health", [("Host", "elsewhere.example")])).Status);
        }

        Assert.Equal(before, log.Requests.Count);
    }

    [Fact]
    public async Task A_key_that_cannot_be_looked_for_in_storage_is_not_passed_over()
    {
        var faults = new FaultTransport();
        SessionStorage storage = await azurite.NewStorageAsync(faults.Configure);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        faults.When(static request => request.Blob == KeyStore.BlobName, Fault.Respond(503, "ServerBusy"), times: int.MaxValue);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAsync(host, "/health", [("X-API-Key", "x")])).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAsync(host, "/health", [("Host", "elsewhere.example")])).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(host, "/health")).Status);
    }

    [Fact]
    public async Task A_key_decides_its_owner_against_all_headers()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        string ann = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text;
        string bob = (await Store(storage).AddAsync("acme", "bob", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(host, "/api/v1/sessions/mine?auto_create=true", [("X-API-Key", ann)])).Status);
        Reply status = await SendAsync(
            host, "/api/v1/system/status", [("Authorization", $"Bearer {ann}"), ("X-OpenViking-User", "bob")]);
        Assert.Equal("""{"initialized":true,"user":"ann","account":"acme"}""", status.ResultText());
        Reply foreign = await SendAsync(host, "/api/v1/sessions/mine", [("X-API-Key", bob), ("X-OpenViking-User", "ann")]);
        Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
        Assert.Equal("[]", (await SendAsync(host, "/api/v1/sessions", [("X-API-Key", bob)])).ResultText());
    }

    [Fact]
    public async Task An_operators_key_opens_no_sessions()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        string key = (await Store(storage).AddAsync(null, null, Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);

        Reply reply = await SendAsync(host, "/api/v1/sessions", [("X-API-Key", key)]);
        Assert.Equal(HttpStatusCode.Forbidden, reply.Status);
        Assert.Equal(
            ErrorText.Of("PERMISSION_DENIED", "This is an operator's key; sessions and tasks are their users'."), reply.Text);
    }

    [Fact]
    public async Task A_host_learns_of_a_change_within_a_minute_and_asks_storage_once_for_all_requests_meanwhile()
    {
        var log = new RequestLog();
        SessionStorage storage = await azurite.NewStorageAsync(log.Configure);
        KeyStore store = Store(storage);
        var ring = new KeyRing(store, _time);
        await ring.LoadAsync(Cancelled);
        Assert.False(ring.HasKeys);

        (string text, ApiKey key) = await store.AddAsync("acme", "ann", Cancelled);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.NotNull((await ring.GetAsync(NullLogger.Instance, Cancelled))!.Find(text));
        int before = log.Requests.Count;
        for (int i = 0; i < 1000; i++)
        {
            Assert.NotNull((await ring.GetAsync(NullLogger.Instance, Cancelled))!.Find(text));
        }

        Assert.Equal(before, log.Requests.Count);
        _time.Advance(TimeSpan.FromSeconds(31));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ring.GetAsync(NullLogger.Instance, Cancelled).AsTask()));
        Assert.Equal(before + 1, log.Requests.Count);
        Assert.Equal(304, log.Requests[^1].Status);

        Assert.True(await store.RevokeAsync(key.Id, Cancelled));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Null((await ring.GetAsync(NullLogger.Instance, Cancelled))!.Find(text));
    }

    [Fact]
    public async Task When_all_keys_are_gone_every_request_is_refused()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);

        await storage.Container.DeleteBlobAsync(KeyStore.BlobName, cancellationToken: Cancelled);
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(host, "/api/v1/sessions")).Status);
    }

    [Fact]
    public async Task Storage_that_is_away_is_made_up_for_to_the_end_of_the_minute()
    {
        var faults = new FaultTransport();
        SessionStorage storage = await azurite.NewStorageAsync(faults.Configure);
        string text = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        faults.When(static request => request.Blob == KeyStore.BlobName, Fault.Respond(503, "ServerBusy"), times: int.MaxValue);

        _time.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(host, "/api/v1/system/status", [("X-API-Key", text)])).Status);
        _time.Advance(TimeSpan.FromSeconds(16));
        Reply reply = await SendAsync(host, "/api/v1/system/status", [("X-API-Key", text)]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.Equal("UNAVAILABLE", reply.Error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_host_whose_container_is_missing_does_not_start_as_if_there_were_no_keys()
    {
        var ring = new KeyRing(Store(await azurite.ConnectAsync($"missing-{Guid.NewGuid():N}")), _time);

        RequestFailedException error = await Assert.ThrowsAsync<RequestFailedException>(() => ring.LoadAsync(Cancelled));
        Assert.Equal("ContainerNotFound", error.ErrorCode);
    }

    [Theory]
    [InlineData(true, "ContainerNotFound")]
    [InlineData(false, "ContainerNotFound")]
    [InlineData(false, "ResourceNotFound")]
    public async Task A_host_that_misses_its_container_later_keeps_what_it_knows_to_the_end_of_the_minute(bool hasKeys, string error)
    {
        var faults = new FaultTransport();
        SessionStorage storage = await azurite.NewStorageAsync(faults.Configure);
        (string, string)[] caller = hasKeys ? [("X-API-Key", (await Store(storage).AddAsync("acme", "ann", Cancelled)).Text)] : [];
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        faults.When(static request => request.Blob == KeyStore.BlobName, Fault.Respond(404, error), times: int.MaxValue);

        _time.Advance(TimeSpan.FromSeconds(45));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(host, "/api/v1/system/status", caller)).Status);
        _time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await SendAsync(host, "/api/v1/system/status", caller)).Status);
    }

    [Fact]
    public async Task Storage_holds_no_key_that_could_be_used()
    {
        SessionStorage storage = await azurite.NewStorageAsync();
        string[] texts = await Task.WhenAll(Enumerable.Range(0, 5).Select(
            async i => (await Store(storage).AddAsync("acme", $"user-{i}", Cancelled)).Text));

        BlobDownloadResult blob = await storage.Container.GetBlobClient(KeyStore.BlobName).DownloadContentAsync(Cancelled);
        string stored = blob.Content.ToString();
        Assert.All(texts, text => Assert.DoesNotContain(text[^43..], stored, StringComparison.Ordinal));
        Assert.All(texts, text => Assert.Contains(KeyText.Hash(text), stored, StringComparison.Ordinal));
        Assert.Equal(5, (await Store(storage).ListAsync(Cancelled))!.Count);
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private static async Task<Reply> SendAsync(ApiHost host, string path, (string Name, string Value)[]? headers = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach ((string name, string value) in headers ?? [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await host.Client.SendAsync(request, Cancelled);
        return new Reply(
            response.StatusCode,
            await response.Content.ReadAsStringAsync(Cancelled),
            response.Headers,
            response.Content.Headers.ContentType?.ToString());
    }
}
