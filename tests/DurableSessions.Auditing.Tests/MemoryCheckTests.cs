using Azure.Storage.Blobs;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Recall;
using DurableSessions.Core.State;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>Memories are audited like everything else.</summary>
public sealed class MemoryCheckTests(SimulatedFixture storage)
{
    private const string Folder = "memories/acme/ada/";

    private readonly SessionKey _key = new("acme", "ada", "s1");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Versions_that_nothing_names_are_removed_when_old_and_nothing_else_is()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await FillAsync(blobs);
        Assert.Empty(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        string orphan = Folder + "events/one/0123456789abcdef0123456789abcdef.md";
        await blobs.GetBlobClient(orphan).UploadAsync(BinaryData.FromString("left"), Cancelled);

        Finding young = Assert.Single(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.FromDays(1)));
        Assert.Equal((FindingKind.OrphanedMemory, RepairState.TooYoung, orphan), (young.Kind, young.Repair, young.Blob));
        Finding removed = Assert.Single(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        Assert.Equal((RepairState.Removed, orphan), (removed.Repair, removed.Blob));
        Assert.Empty(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        Assert.Equal(["preferences/tea 1 green", "events/one 1 happened"], await StoredMemories.AllAsync(host));
    }

    [Fact]
    public async Task What_is_lost_or_unreadable_is_reported()
    {
        BlobContainerClient blobs = await storage.NewContainerAsync();
        using Host host = await FillAsync(blobs);
        MemoryPage page = await host.Store.Memories.ListAsync(new UserKey("acme", "ada"), MemoryCategory.Preferences, 1, null, Cancelled);
        string lost = $"{Folder}preferences/tea/{page.Items[0].Version}.md";
        await blobs.DeleteBlobAsync(lost, cancellationToken: Cancelled);
        Finding finding = Assert.Single(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        Assert.Equal((FindingKind.MemoryLost, FindingSeverity.Error, lost), (finding.Kind, finding.Severity, finding.Blob));

        await blobs.GetBlobClient(Folder + "catalogue.json").UploadAsync(BinaryData.FromString("{ torn"), overwrite: true, Cancelled);
        finding = Assert.Single(await AuditedContainer.AuditAsync(host, repair: true, age: TimeSpan.Zero));
        Assert.Equal((FindingKind.MemoriesUnreadable, FindingSeverity.Error), (finding.Kind, finding.Severity));
    }

    private async Task<Host> FillAsync(BlobContainerClient blobs)
    {
        Host host = await Host.RunAsync(storage, blobs.Name);
        await host.AppendAsync(_key, "+preferences/tea=green", "+events/one=happened");
        await host.CommitToEndAsync(_key);
        await host.QuietAsync();
        return host;
    }
}
