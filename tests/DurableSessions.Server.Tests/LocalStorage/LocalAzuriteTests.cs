using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.LocalStorage;

public sealed class LocalAzuriteTests : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _reports = new();

    [Fact]
    public async Task What_was_written_is_there_after_a_stop_and_a_start()
    {
        await using (LocalAzurite azurite = await StartAsync())
        {
            BlobContainerClient container = Container(azurite);
            await container.CreateAsync();
            await container.GetBlobClient("blob").UploadAsync(BinaryData.FromString("content"));
        }

        await using LocalAzurite again = await StartAsync();
        Assert.Equal("content", (await Container(again).GetBlobClient("blob").DownloadContentAsync()).Value.Content.ToString());
    }

    [Fact]
    public async Task A_stop_ends_the_process_and_is_no_failure()
    {
        LocalAzurite azurite = await StartAsync();
        using var process = Process.GetProcessById(azurite.ProcessId);

        await azurite.DisposeAsync();

        Assert.True(process.HasExited);
        Assert.True(azurite.Completion.IsCompletedSuccessfully);
        Assert.Empty(_reports);
    }

    [Fact]
    public async Task One_that_keeps_ending_is_given_up()
    {
        await using LocalAzurite azurite = await StartAsync();
        var clock = Stopwatch.StartNew();
        int last = 0;
        while (!azurite.Completion.IsCompleted)
        {
            Assert.True(clock.Elapsed < s_timeout, "It was not given up.");
            if (azurite.ProcessId is var id && id != last)
            {
                last = id;
                using var process = Process.GetProcessById(id);
                process.Kill();
            }

            await Task.Delay(20);
        }

        LocalStorageException e = await Assert.ThrowsAsync<LocalStorageException>(() => azurite.Completion);
        Assert.Contains("6 times", e.Message, StringComparison.Ordinal);
        Assert.Equal(6, _reports.Count(report => report.StartsWith("Azurite ended unexpectedly", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_start_waits_until_the_Azurite_of_a_killed_process_has_saved_everything()
    {
        // Without its standard input ending yet: as the Azurite of a killed process that is still busy saving.
        await using AzuriteProcess last = await AzuriteProcess.StartOnFolderAsync(
            await AzuriteInstallation.EnsureAsync(), _folder.Path, AccountKey.Ensure(_folder.Path), port: 0, Note, CancellationToken.None);

        Task<LocalAzurite> start = StartAsync();
        Assert.NotSame(start, await Task.WhenAny(start, Task.Delay(TimeSpan.FromSeconds(3))));
        await last.DisposeAsync();

        await using LocalAzurite azurite = await start.WaitAsync(s_timeout);
        Assert.NotEqual(0, azurite.ProcessId);
    }

    public void Dispose() => _folder.Dispose();

    private void Note(Process process) => File.WriteAllText(
        Path.Combine(_folder.Path, "azurite.pid"),
        string.Create(CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime.ToUniversalTime():O}"));

    private async Task<LocalAzurite> StartAsync() =>
        await LocalAzurite.StartAsync(await AzuriteInstallation.EnsureAsync(), _folder.Path, _reports.Enqueue, TimeProvider.System);

    private static BlobContainerClient Container(LocalAzurite azurite) =>
        SessionStorage.Connect(azurite.ConnectionString, "test").Container;
}
