using System.Text;
using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Storage;
using DurableSessions.Testing;

namespace DurableSessions.Auditing.Tests;

/// <summary>A container whose blobs a test reads and changes directly, and audits.</summary>
internal sealed class AuditedContainer(BlobContainerClient container)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public string Name => container.Name;

    /// <summary>Every blob with its ETag.</summary>
    public async Task<Dictionary<string, string>> ListAsync() => await container
        .GetBlobsAsync(cancellationToken: Cancelled)
        .ToDictionaryAsync(static b => b.Name, static b => b.Properties.ETag.ToString()!);

    /// <summary>The one blob whose name begins with <paramref name="start"/> and ends with <paramref name="end"/>.</summary>
    public async Task<string> FindAsync(string start, string end) =>
        (await ListAsync()).Keys.Single(n => n.StartsWith(start, StringComparison.Ordinal) && n.EndsWith(end, StringComparison.Ordinal));

    public async Task<string> ReadAsync(string blob) =>
        (await container.GetBlobClient(blob).DownloadContentAsync(Cancelled)).Value.Content.ToString();

    public Task WriteAsync(string blob, string content) =>
        container.GetBlobClient(blob).UploadAsync(BinaryData.FromString(content), overwrite: true, Cancelled);

    /// <summary>Puts something else into a blob, which keeps its metadata.</summary>
    public async Task DamageAsync(string blob, string content)
    {
        BlobClient client = container.GetBlobClient(blob);
        BlobProperties properties = await client.GetPropertiesAsync(cancellationToken: Cancelled);
        await client.UploadAsync(
            BinaryData.FromString(content), new BlobUploadOptions { Metadata = properties.Metadata }, Cancelled);
    }

    public Task DeleteAsync(string blob) => container.DeleteBlobAsync(blob, cancellationToken: Cancelled);

    public async Task AppendAsync(string segment, string line)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(line));
        await container.GetAppendBlobClient(segment).AppendBlockAsync(content, cancellationToken: Cancelled);
    }

    /// <summary>A segment that holds this, and takes appends.</summary>
    public async Task CreateSegmentAsync(string name, string content = "")
    {
        await container.GetAppendBlobClient(name).CreateAsync(new AppendBlobCreateOptions(), Cancelled);
        if (content.Length > 0)
        {
            await AppendAsync(name, content);
        }
    }

    public async Task ChangeManifestAsync(Action<JsonObject> change)
    {
        string name = await FindAsync(BlobNames.Manifests, ".json");
        JsonObject manifest = JsonNode.Parse(await ReadAsync(name))!.AsObject();
        change(manifest);
        await WriteAsync(name, manifest.ToJsonString());
    }

    public static async Task<List<Finding>> AuditAsync(Host host, bool repair = false, TimeSpan? age = null)
    {
        var options = new AuditOptions { Repair = repair, OrphanAge = age ?? TimeSpan.FromDays(1) };
        return await host.Store.Audit.RunAsync(options, cancellationToken: Cancelled).ToListAsync(Cancelled);
    }

    public static string Describe(IEnumerable<Finding> findings) => string.Join('\n', findings);
}
