using System.Net;
using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Http.Tests.Hosting;
using DurableSessions.Testing;
using Microsoft.Extensions.Time.Testing;

namespace DurableSessions.Http.Tests;

/// <summary>A key takes the place of another one, and both are valid for a while.</summary>
public sealed class KeyRotationTests
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly SimulatedStorage _storage = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_keys_are_valid_until_the_overlap_is_over()
    {
        SessionStorage storage = await NewContainerAsync();
        (string old, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        (string text, _, _) = (await Store(storage).RotateAsync(key.Id, s_day, Cancelled))!.Value;
        await using ApiHost host = await ApiHost.StartAsync(storage, withEngine: false, keyTime: _time);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync("/api/v1/system/status", old)).Status);

        // A client has the answer before the request has ended, and one whose key expires meanwhile loses its connection.
        Assert.True(SpinWait.SpinUntil(() => host.Keys.Open.Requests == 0, TimeSpan.FromSeconds(30)));
        _time.Advance(s_day);

        Assert.Equal(HttpStatusCode.Unauthorized, (await host.SendAsync("/api/v1/system/status", old)).Status);
        Assert.Equal(
            """{"initialized":true,"user":"ann","account":"acme"}""", (await host.SendAsync("/api/v1/system/status", text)).ResultText());
    }

    [Fact]
    public async Task The_new_key_is_for_the_same_and_for_as_long()
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey key = (await Store(storage).AddAsync(
            new NewKey("acme", "ann") { Name = "ci", LifetimeDays = 10, IsReadOnly = true }, Cancelled)).Key;
        _time.Advance(9.5 * s_day);

        (_, ApiKey made, ApiKey old) = (await Store(storage).RotateAsync(key.Id, s_day, Cancelled))!.Value;

        Assert.Equal([old, made], (await Store(storage).ListAsync(Cancelled))!);
        Assert.Equal(key with { RotatedTo = made.Id }, old);
        Assert.Equal(
            new ApiKey(made.Id, made.Hash, "acme", "ann", _time.GetUtcNow())
            {
                Name = "ci",
                LifetimeDays = 10,
                ExpiresAt = _time.GetUtcNow().AddDays(10),
                IsReadOnly = true,
            },
            made);
        ApiKey third = (await Store(storage).RotateAsync(made.Id, TimeSpan.Zero, Cancelled))!.Value.Key;
        Assert.Equal(_time.GetUtcNow().AddDays(10), third.ExpiresAt);
    }

    [Fact]
    public async Task A_key_has_one_successor_until_that_is_revoked()
    {
        SessionStorage storage = await NewContainerAsync();
        KeyStore store = Store(storage);
        ApiKey key = (await store.AddAsync("acme", "ann", Cancelled)).Key;
        ApiKey never = (await store.RotateAsync(key.Id, s_day, Cancelled))!.Value.Key;

        InvalidOperationException e = await Assert.ThrowsAsync<InvalidOperationException>(
            () => store.RotateAsync(key.Id, 2 * s_day, Cancelled));

        Assert.Contains($"key {never.Id} takes its place. If that one was never shown, revoke it", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await store.ListAsync(Cancelled))!.Count);
        await store.RevokeAsync(never.Id, Cancelled);
        ApiKey old = (await store.RotateAsync(key.Id, 2 * s_day, Cancelled))!.Value.Old;
        Assert.Equal(_time.GetUtcNow() + s_day, old.ExpiresAt);
    }

    [Fact]
    public async Task An_answer_that_is_lost_and_asked_for_again_rotates_once()
    {
        SessionStorage storage = await NewContainerAsync();
        (string old, ApiKey key) = await Store(storage).AddAsync("acme", "ann", Cancelled);
        FaultTransport faults = new FaultTransport().When(
            static r => r.Method == "PUT" && r.Blob == KeyStore.BlobName, Fault.DropAnswer);

        (string text, ApiKey made, _) =
            (await Store(_storage.Connect("keys", faults.Configure)).RotateAsync(key.Id, s_day, Cancelled))!.Value;

        Assert.Equal([key.Id, made.Id], (await Store(storage).ListAsync(Cancelled))!.Select(static k => k.Id));
        var keys = new KeySet((await Store(storage).ListAsync(Cancelled))!);
        Assert.NotNull(keys.Find(old));
        Assert.Equal(made, keys.Find(text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_dies_leaves_both_keys_or_the_old_one_as_it_was(bool carriedOut)
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey key = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Key;
        FaultTransport faults = new FaultTransport().StopTheWorldAt(3, carriedOut);
        Task dying = Store(_storage.Connect("keys", faults.Configure)).RotateAsync(key.Id, s_day, Cancelled);
        await faults.Stopped.WaitAsync(TimeSpan.FromSeconds(30), Cancelled);

        IReadOnlyList<ApiKey> left = (await Store(storage).ListAsync(Cancelled))!;

        if (carriedOut)
        {
            Assert.Equal(2, left.Count);
            Assert.Equal(left[1].Id, left[0].RotatedTo);
            Assert.Equal(_time.GetUtcNow() + s_day, left[0].ExpiresAt);
        }
        else
        {
            Assert.Equal([key], left);
        }

        faults.FailHanging();
        await dying.ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task What_cannot_be_rotated_is_said()
    {
        SessionStorage storage = await NewContainerAsync();
        ApiKey key = (await Store(storage).AddAsync("acme", "ann", Cancelled)).Key;
        Assert.Null(await Store(storage).RotateAsync("0123456789ab", s_day, Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Store(storage).RotateAsync(key.Id, KeyStore.MaxOverlap + TimeSpan.FromTicks(1), Cancelled));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store(storage).RotateAsync(key.Id, -s_day, Cancelled));
    }

    private KeyStore Store(SessionStorage storage) => new(storage.Container, _time);

    private async Task<SessionStorage> NewContainerAsync()
    {
        SessionStorage storage = _storage.Connect("keys");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        return storage;
    }
}
