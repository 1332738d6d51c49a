using System.Diagnostics;
using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.LocalStorage;

/// <summary>What <c>infra/azurite/loki.cjs</c> changes in Azurite's database, and what it leaves as it was.</summary>
public sealed class AzuriteSpeedTests : IDisposable
{
    private const string PinnedLoki = "1.5.12";
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_delete_among_10_000_blobs_costs_what_it_costs_among_1_000()
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();
        await StoreOneBlobAsync(installation);

        TimeSpan few = await DeleteAmongAsync(installation, 1_000);
        TimeSpan many = await DeleteAmongAsync(installation, 10_000);

        Assert.True(
            many < 4 * few,
            $"The median delete took {few.TotalMilliseconds:0.0} ms among 1,000 blobs and {many.TotalMilliseconds:0.0} ms among 10,000.");
    }

    [Fact]
    public async Task Queries_find_and_remove_what_they_did_and_look_at_few_documents()
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();

        NodeCommandResult result = await RunAsync(
            installation.Folder, Path.Combine(AppContext.BaseDirectory, "LocalStorage", "loki-equality.cjs"));

        Assert.True(result.ExitCode == 0, string.Join('\n', result.Lines));
    }

    [Fact]
    public async Task With_the_pinned_version_nothing_is_said()
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();

        NodeCommandResult result = await RunAsync(installation.Folder, "loki.cjs");

        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Lines);
    }

    [Fact]
    public async Task Another_version_is_left_as_it_is_and_one_line_says_so()
    {
        await WriteLokiAsync("node_modules", "1.5.13");

        Assert.EndsWith($"needs LokiJS with version {PinnedLoki} (found 1.5.13).", await WarningAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_is_missing_is_named()
    {
        await WriteLokiAsync("node_modules", PinnedLoki);

        Assert.EndsWith("needs LokiJS with Collection.prototype.calculateRange.", await WarningAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_be_loaded_stops_nothing()
    {
        string warning = await WarningAsync();

        Assert.Contains("needs LokiJS with a LokiJS that can be loaded (Cannot find module 'lokijs'", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_copy_that_Azurite_loads_is_meant_and_no_other()
    {
        await WriteLokiAsync("node_modules", PinnedLoki);
        await WriteLokiAsync(Path.Combine("node_modules", "azurite", "node_modules"), "1.0.0");

        Assert.EndsWith("(found 1.0.0).", await WarningAsync(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static Task<NodeCommandResult> RunAsync(string folder, params string[] arguments) =>
        NodeCommand.RunAsync("node", arguments, folder, s_timeout, TestContext.Current.CancellationToken);

    private static BlobContainerClient Container(AzuriteProcess azurite) =>
        SessionStorage.Connect(azurite.ConnectionString, "test").Container;

    private static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"archives/{number}/messages.jsonl");

    private Task<AzuriteProcess> StartAsync(AzuriteInstallation installation) =>
        AzuriteProcess.StartOnFolderAsync(
            installation,
            _folder.Path,
            AccountKey.Ensure(_folder.Path),
            port: 0,
            _ => { },
            TestContext.Current.CancellationToken);

    private async Task StoreOneBlobAsync(AzuriteInstallation installation)
    {
        await using AzuriteProcess azurite = await StartAsync(installation);
        BlobContainerClient container = Container(azurite);
        await container.CreateAsync();
        await container.GetBlobClient("archives/first").UploadAsync(BinaryData.FromString("content"));
    }

    /// <summary>The median of a hundred deletes among at least so many blobs.</summary>
    private async Task<TimeSpan> DeleteAmongAsync(AzuriteInstallation installation, int blobs)
    {
        // Written straight into the database of a stopped Azurite: by requests this would take half a minute.
        const string fill = """
            const [file, count] = process.argv.slice(1);
            const database = new (require('lokijs'))(file, { persistenceMethod: 'fs' });
            const failed = (error) => { if (error) { throw error; } };
            database.loadDatabase({}, (error) => {
              failed(error);
              const blobs = database.getCollection('$BLOBS_COLLECTION$');
              const { $loki, meta, ...first } = blobs.findOne({ name: 'archives/first' });
              blobs.findAndRemove({ name: { $ne: 'archives/first' } });
              for (let i = 0; i < count; i++) {
                blobs.insert({ ...structuredClone(first), name: `archives/${i}/messages.jsonl` });
              }
              database.saveDatabase(failed);
            });
            """;
        string file = Path.Combine(_folder.Path, "__azurite_db_blob__.json");
        NodeCommandResult filled = await RunAsync(installation.Folder, "-e", fill, file, blobs.ToString(CultureInfo.InvariantCulture));
        Assert.True(filled.ExitCode == 0, string.Join('\n', filled.Lines));

        await using AzuriteProcess azurite = await StartAsync(installation);
        BlobContainerClient container = Container(azurite);
        var times = new List<TimeSpan>();
        for (int i = 0; i < 120; i++)
        {
            long start = Stopwatch.GetTimestamp();
            using Response response = await container.DeleteBlobAsync(NameOf(i * (blobs / 120)));
            times.Add(Stopwatch.GetElapsedTime(start));
        }

        // The first ones find Azurite and the client cold.
        return times.Skip(20).Order().ElementAt(50);
    }

    /// <summary>An Azurite of one empty module, beside which a LokiJS that has no functions can be written.</summary>
    private async Task<string> WarningAsync()
    {
        AzuriteInstallation installation = await AzuriteInstallation.EnsureAsync();
        File.Copy(Path.Combine(installation.Folder, "loki.cjs"), Path.Combine(_folder.Path, "loki.cjs"));
        string module = Path.Combine(_folder.Path, "node_modules", "azurite", "dist", "src", "blob", "persistence");
        Directory.CreateDirectory(module);
        await File.WriteAllTextAsync(Path.Combine(module, "LokiBlobMetadataStore.js"), string.Empty);

        NodeCommandResult result = await RunAsync(_folder.Path, "loki.cjs");

        Assert.Equal(0, result.ExitCode);
        string warning = Assert.Single(result.Lines);
        Assert.StartsWith("Azurite will slow down as blobs become many", warning, StringComparison.Ordinal);
        return warning;
    }

    private async Task WriteLokiAsync(string modules, string version)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder.Path, modules, "lokijs")).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(folder, "package.json"), $$"""{"name":"lokijs","version":"{{version}}","main":"index.js"}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "index.js"), """
            const nothing = () => { throw new Error('Called.'); };
            module.exports = { Comparators: { lt: nothing }, Resultset: { prototype: { find: nothing } }, Collection: { prototype: {} } };
            """);
    }
}
