using System.Net;
using Azure;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>A container that has had keys is never taken for one that had none.</summary>
public sealed class KeyMarkTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SimulatedStorage _storage = new();

    /// <summary>The requests of the first <c>keys add</c>: read the blob, the mark twice, write the mark, the blob.</summary>
    public static TheoryData<int, bool> Deaths =>
        [.. from request in Enumerable.Range(1, 5) from late in (bool[])[false, true] select (request, late)];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_starts_without_the_blob_refuses_every_request()
    {
        SessionStorage storage = await NewContainerAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await storage.Container.DeleteBlobAsync(KeyStore.BlobName, cancellationToken: Cancelled);

        KeyRing ring = await LoadAsync(storage);
        Assert.True(ring.HasKeys);
        Assert.True(ring.AreMissing);
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        using HttpResponseMessage answer = await host.Client.GetAsync("/api/v1/system/status", Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(() => Store(storage).ListAsync(Cancelled));
        Assert.Contains("'keys add'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_runs_without_keys_notices_that_there_were_some()
    {
        SessionStorage storage = await NewContainerAsync();
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/api/v1/system/status", Cancelled)).StatusCode);

        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await storage.Container.DeleteBlobAsync(KeyStore.BlobName, cancellationToken: Cancelled);
        _time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Client.GetAsync("/api/v1/system/status", Cancelled)).StatusCode);
    }

    [Fact]
    public async Task New_keys_take_the_place_of_those_that_are_missing()
    {
        SessionStorage storage = await NewContainerAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await storage.Container.DeleteBlobAsync(KeyStore.BlobName, cancellationToken: Cancelled);

        await Store(storage).AddAsync("acme", "bob", Cancelled);

        Assert.False((await LoadAsync(storage)).AreMissing);
        Assert.Equal("bob", Assert.Single((await Store(storage).ListAsync(Cancelled))!).User);
    }

    [Fact]
    public async Task Other_metadata_of_the_container_stay()
    {
        SessionStorage storage = await NewContainerAsync();
        await storage.Container.SetMetadataAsync(
            new Dictionary<string, string> { ["Team"] = "search", ["cost_center"] = "12" }, cancellationToken: Cancelled);

        await Store(storage).AddAsync("acme", "ann", Cancelled);

        IDictionary<string, string> metadata = await MetadataAsync(storage);
        Assert.Equal(3, metadata.Count);
        Assert.Equal(("search", "12", "true"), (metadata["Team"], metadata["cost_center"], metadata[KeyStore.Mark]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_from_before_there_were_marks_are_marked_by_a_start_and_by_a_change(bool byStart)
    {
        SessionStorage storage = await NewContainerAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await storage.Container.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: Cancelled);

        await (byStart ? LoadAsync(storage) : (Task)Store(storage).AddAsync("acme", "bob", Cancelled));

        Assert.Equal("true", (await MetadataAsync(storage))[KeyStore.Mark]);
    }

    [Fact]
    public async Task A_host_that_may_not_set_metadata_authenticates_and_says_so()
    {
        SessionStorage storage = await NewContainerAsync();
        await Store(storage).AddAsync("acme", "ann", Cancelled);
        await storage.Container.SetMetadataAsync(new Dictionary<string, string>(), cancellationToken: Cancelled);
        var faults = new FaultTransport();
        faults.When(static r => r.Comp == "metadata", Fault.Respond(403, "AuthorizationPermissionMismatch"), times: int.MaxValue);
        var log = new WarningLog();

        var ring = new KeyRing(Store(_storage.Connect("keys", faults.Configure)), _time, log);
        await ring.LoadAsync(Cancelled);

        Assert.True(ring.HasKeys);
        Assert.Equal(3003, Assert.Single(log.Events).Id);
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_process_that_dies_while_it_makes_the_first_key_leaves_no_key_without_a_mark(int request, bool carriedOut)
    {
        SessionStorage storage = await NewContainerAsync();
        FaultTransport faults = new FaultTransport().StopTheWorldAt(request, carriedOut);
        SessionStorage dying = _storage.Connect("keys", options =>
        {
            faults.Configure(options);
            options.Retry.MaxRetries = 0;
        });
        Task added = Store(dying).AddAsync("acme", "ann", Cancelled);
        await faults.Stopped.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);
        Assert.False(added.IsCompleted);

        bool isMarked = (await MetadataAsync(storage)).ContainsKey(KeyStore.Mark);
        bool hasBlob = await storage.Container.GetBlobClient(KeyStore.BlobName).ExistsAsync(Cancelled);
        KeyRing left = await LoadAsync(storage);
        Assert.Equal(request > 4 || (request == 4 && carriedOut), isMarked);
        Assert.Equal(request == 5 && carriedOut, hasBlob);
        Assert.Equal(isMarked, left.HasKeys);
        Assert.Equal(isMarked && !hasBlob, left.AreMissing);

        (string text, _) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        KeyRing ring = await LoadAsync(storage);
        Assert.False(ring.AreMissing);
        var http = new DefaultHttpContext { Request = { Headers = { ["X-API-Key"] = text } } };
        Assert.NotNull(ring.FindCached(http.Request));
        faults.FailHanging();
        await added.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task The_mark_is_written_before_the_first_key()
    {
        await NewContainerAsync();
        var log = new RequestLog();
        await Store(_storage.Connect("keys", log.Configure)).AddAsync("acme", "ann", Cancelled);

        Assert.Equal(
            ["GET keys/keys.json", "GET ", "GET ", "PUT ?metadata", "PUT keys/keys.json"],
            log.Requests.Select(static r => $"{r.Method} {r.Blob}{(r.Comp.Length > 0 ? $"?{r.Comp}" : "")}"));
    }

    private async Task<SessionStorage> NewContainerAsync()
    {
        SessionStorage storage = _storage.Connect("keys");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return storage;
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private async Task<KeyRing> LoadAsync(SessionStorage storage)
    {
        var ring = new KeyRing(Store(storage), _time);
        await ring.LoadAsync(Cancelled);
        return ring;
    }

    private static async Task<IDictionary<string, string>> MetadataAsync(SessionStorage storage)
    {
        Response<BlobContainerProperties> properties = await storage.Container.GetPropertiesAsync(cancellationToken: Cancelled);
        return properties.Value.Metadata;
    }

    private sealed class WarningLog : ILogger<KeyRing>
    {
        public List<EventId> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Events.Add(eventId);
    }
}
