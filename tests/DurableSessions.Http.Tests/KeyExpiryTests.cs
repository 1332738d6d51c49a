using System.Net;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>Names, expiry and how keys are stored.</summary>
public sealed class KeyExpiryTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SimulatedStorage _storage = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_that_has_expired_is_refused_by_the_hosts_clock_also_while_the_cache_holds_it()
    {
        SessionStorage storage = await NewContainerAsync();
        string text = (await Store(storage).AddAsync(new NewKey("acme", "ann") { LifetimeDays = 1 }, Cancelled)).Text;
        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(10));
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync("/api/v1/system/status", text)).Status);

        _time.Advance(TimeSpan.FromSeconds(10));
        foreach (string path in (string[])["/api/v1/system/status", "/health", "/runtime/webhooks/durabletask/instances/"])
        {
            Reply reply = await host.SendAsync(path, text);
            Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
            Assert.Equal(ErrorText.Of("UNAUTHENTICATED", "The key has expired."), reply.Text);
        }
    }

    [Fact]
    public async Task Keys_that_were_stored_before_have_no_name_no_expiry_and_may_write()
    {
        SessionStorage storage = await NewContainerAsync();
        const string Stored = """
            [{"id":"0123456789ab","hash":"00","account":"acme","user":"ann","created_at":"2026-01-02T03:04:05+00:00","is_operator":false}]
            """;
        await storage.Container.GetBlobClient(KeyStore.BlobName).UploadAsync(new BinaryData(Stored), Cancelled);

        ApiKey key = Assert.Single((await Store(storage).ListAsync(Cancelled))!);

        Assert.Equal(
            new ApiKey("0123456789ab", "00", "acme", "ann", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), key);
        Assert.False(key.IsExpired(DateTimeOffset.MaxValue));
        await Store(storage).AddAsync(null, null, Cancelled);
        BlobDownloadResult blob = await storage.Container.GetBlobClient(KeyStore.BlobName).DownloadContentAsync(Cancelled);
        Assert.StartsWith(Stored.Trim().TrimEnd(']'), blob.Content.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_key_is_for_is_read_again_as_it_was_stored()
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey made = (await Store(storage).AddAsync(
            new NewKey("acme", "ann") { Name = "CI of Zoë", LifetimeDays = 3_650, IsReadOnly = true }, Cancelled)).Key;

        ApiKey read = Assert.Single((await Store(storage).ListAsync(Cancelled))!);

        Assert.Equal(made, read);
        Assert.Equal(("CI of Zoë", 3_650, true), (read.Name, read.LifetimeDays, read.IsReadOnly));
        Assert.Equal(_time.GetUtcNow().AddDays(3_650), read.ExpiresAt);
    }

    [Theory]
    [InlineData("", null, "1 to 64 printed characters")]
    [InlineData(" a", null, "1 to 64 printed characters")]
    [InlineData("two\nlines", null, "1 to 64 printed characters")]
    [InlineData("turned \u202E", null, "1 to 64 printed characters")]
    [InlineData("half \uD83D", null, "1 to 64 printed characters")]
    [InlineData("a long name of 65 characters -----------------------------------x", null, "1 to 64 printed characters")]
    [InlineData(null, 0, "1 to 3650 days")]
    [InlineData(null, 3651, "1 to 3650 days")]
    public async Task What_a_key_cannot_be_is_refused(string? name, int? days, string error)
    {
        SessionStorage storage = await NewContainerAsync();
        ArgumentException e = await Assert.ThrowsAsync<ArgumentException>(
            () => Store(storage).AddAsync(new NewKey("acme", "ann") { Name = name, LifetimeDays = days }, Cancelled));
        Assert.Contains(error, e.Message, StringComparison.Ordinal);
        Assert.Null(await Store(storage).ListAsync(Cancelled));
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private async Task<SessionStorage> NewContainerAsync()
    {
        SessionStorage storage = _storage.Connect("keys");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return storage;
    }
}
