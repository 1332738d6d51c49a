using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Reading;

/// <summary>What a session says of itself.</summary>
public sealed class SessionInfoTests(SimulatedFixture storage)
{
    private const string LongAgo = "2001-02-03T04:05:06+00:00";

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_append_is_an_update_on_every_host_and_costs_no_request()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host writer = await Host.StartAsync(storage, blobs.Name);
        using Host reader = await Host.StartAsync(storage, blobs.Name);
        await writer.Store.Sessions.CreateAsync(new UserKey("acme", "ada"), "s1", new SessionSettings(), null, Cancelled);
        await ChangeManifestAsync(blobs, static m => m["updated_at"] = LongAgo);
        DateTimeOffset updated = (await InfoAsync(reader)).UpdatedAt;
        Assert.Equal(DateTimeOffset.Parse(LongAgo, System.Globalization.CultureInfo.InvariantCulture), updated);
        for (int i = 1; i <= 3; i++)
        {
            writer.Log.Clear();
            await writer.AppendAsync(_key, $"m{i}");
            Assert.Equal(1, writer.Log.Count);
            reader.Log.Clear();
            SessionInfo info = await InfoAsync(reader);
            Assert.Equal(2, reader.Log.Count);
            Assert.True(info.UpdatedAt > updated, $"{info.UpdatedAt:O} is not after {updated:O}");
            Assert.Equal(info.UpdatedAt, (await InfoAsync(writer)).UpdatedAt);
            using Host fresh = await Host.StartAsync(storage, blobs.Name);
            Assert.Equal(info.UpdatedAt, (await InfoAsync(fresh)).UpdatedAt);
            updated = info.UpdatedAt;
        }
    }

    [Fact]
    public async Task What_a_client_says_of_when_a_message_was_said_does_not_move_an_update_out_of_its_second()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await Host.StartAsync(storage, blobs.Name);
        await host.AppendAsync(_key, "m1");
        await ChangeManifestAsync(blobs, static m => m["updated_at"] = LongAgo);
        foreach (string said in (string[])["2999-01-01T00:00:00Z", "1999-01-01T00:00:00Z", "yesterday"])
        {
            NewMessage message = Words.Message("m") with { CreatedAt = said };
            await host.Store.Sessions.AppendAsync(_key, [message], null, Cancelled);
            BlobItem segment = await blobs.GetBlobsAsync(new() { Prefix = "segments/" }, Cancelled).SingleAsync(Cancelled);
            Assert.Equal(segment.Properties.LastModified, (await InfoAsync(host)).UpdatedAt);
        }
    }

    [Fact]
    public async Task A_manifest_of_an_earlier_version_has_its_total_and_goes_on_counting()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using (Host earlier = await Host.RunAsync(storage, blobs.Name))
        {
            await earlier.AppendAsync(_key, "+preferences/tea=green", "+events/one=happened");
            await earlier.CommitToEndAsync(_key);
        }

        await ChangeManifestAsync(blobs, static m =>
        {
            Assert.True(m.Remove("memories_by_category"));
            m.Remove("last_auto_commit_at");
        });
        using Host host = await Host.RunAsync(storage, blobs.Name);
        SessionInfo info = await InfoAsync(host);
        Assert.Equal(2, info.MemoriesExtracted);
        Assert.Empty(info.MemoriesByCategory);
        Assert.Null(info.LastAutoCommitAt);
        await host.AppendAsync(_key, "+events/two=happened", "+events/three=happened");
        await host.CommitToEndAsync(_key);
        info = await InfoAsync(host);
        Assert.Equal(4, info.MemoriesExtracted);
        KeyValuePair<MemoryCategory, long> events = Assert.Single(info.MemoriesByCategory);
        Assert.Equal((MemoryCategory.Events, 2L), (events.Key, events.Value));
    }

    private Task<SessionInfo> InfoAsync(Host host) => host.Store.Sessions.GetAsync(_key, autoCreate: false, Cancelled);

    private static async Task ChangeManifestAsync(BlobContainerClient blobs, Action<JsonObject> change)
    {
        BlobClient blob = blobs.GetBlobClient("manifests/acme/ada/s1.json");
        BlobDownloadResult stored = await blob.DownloadContentAsync(Cancelled);
        JsonObject manifest = JsonNode.Parse(stored.Content)!.AsObject();
        change(manifest);
        await blob.UploadAsync(BinaryData.FromString(manifest.ToJsonString()), overwrite: true, Cancelled);
    }
}
