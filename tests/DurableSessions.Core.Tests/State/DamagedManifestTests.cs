using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.State;

/// <summary>
/// A session whose manifest another program has damaged: every call ends, the session can be deleted, and one of its id is created then.
/// </summary>
[Collection(nameof(Simulated))]
public sealed class DamagedManifestTests
{
    private static readonly SessionKey s_key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static Dictionary<string, Action<JsonObject>> Done { get; } = new()
    {
        ["a live segment without a number"] = static m => m["live"]![0]!["name"] = Named(m, "renamed.jsonl"),
        ["a live segment whose number was not given out"] = static m => m["live"]![0]!["name"] = Named(m, "00000099-abcdef.jsonl"),
        ["a live segment of another session"] =
            static m => m["live"]![0]!["name"] = "segments/acme/bob/s9/0123456789ab/00000001-abcdef.jsonl",
        ["a live segment twice"] = static m => ((JsonArray)m["live"]!).Add(m["live"]![0]!.DeepClone()),
        ["an archive that is nowhere"] = static m => m["archive_count"] = 3,
        ["no live segment"] = static m => m["live"] = new JsonArray(),
    };

    public static TheoryData<string> Damages() => [.. Done.Keys];

    [Theory]
    [MemberData(nameof(Damages))]
    public Task It_can_be_deleted_and_created_again(string damage) => Simulated.RunAsync(async cluster =>
    {
        BlobContainerClient container = await cluster.NewContainerAsync();
        using (Host before = await Host.StartAsync(cluster, container.Name))
        {
            await before.AppendAsync(s_key, "m1");
        }

        await DamageAsync(container, Done[damage]);
        using Host host = await Host.RunAsync(cluster, container.Name);

        // Each of them may fail, and says so at last: an error, or a task that has failed.
        await EndsAsync(() => host.AppendAsync(s_key, "m2"));
        await EndsAsync(async () => await host.EndOfAsync(s_key, (await host.CommitAsync(s_key)).TaskId));
        await EndsAsync(() => host.Store.Sessions.ReadContextAsync(s_key, 1_000, Cancelled));

        await host.Store.Sessions.DeleteAsync(s_key, Cancelled);
        await Assert.ThrowsAsync<SessionNotFoundException>(() => host.Store.Sessions.GetAsync(s_key, autoCreate: false, Cancelled));
        await host.AppendAsync(s_key, "m3");
        Assert.Equal(["m3"], (await host.AuditAsync(s_key)).Everything);
    });

    private static async Task EndsAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is not (TimeoutException or OperationCanceledException))
        {
            Assert.IsNotType<NullReferenceException>(e);
            Assert.IsNotType<ArgumentException>(e, exactMatch: false);
        }
    }

    private static string Named(JsonObject manifest, string name)
    {
        var now = (string)manifest["live"]![0]!["name"]!;
        return now[..(now.LastIndexOf('/') + 1)] + name;
    }

    private static async Task DamageAsync(BlobContainerClient container, Action<JsonObject> damage)
    {
        BlobClient blob = container.GetBlobClient("manifests/acme/ada/s1.json");
        var manifest = (JsonObject)JsonNode.Parse((await blob.DownloadContentAsync(Cancelled)).Value.Content)!;
        damage(manifest);
        await blob.UploadAsync(BinaryData.FromString(manifest.ToJsonString()), overwrite: true, Cancelled);
    }
}
