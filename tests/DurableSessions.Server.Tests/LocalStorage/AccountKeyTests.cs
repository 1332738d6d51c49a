using System.Runtime.Versioning;
using Azure;
using Azure.Storage.Blobs;
using DurableSessions.Core.Storage;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.LocalStorage;

/// <summary>Only the owner of a data folder has access to what is in it, through Azurite too.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class AccountKeyTests : IDisposable
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    public AccountKeyTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps who may open a file in another way.");

    private string Data => Path.Combine(_folder.Path, "data");

    private string KeyFile => Path.Combine(Data, "account.key");

    [Fact]
    public async Task The_published_key_of_the_emulator_is_refused_and_that_of_the_folder_is_kept()
    {
        string key;
        await using (LocalAzurite azurite = await StartAsync())
        {
            await Container(azurite.ConnectionString).CreateAsync();
            RequestFailedException e = await Assert.ThrowsAsync<RequestFailedException>(
                () => Container(AzuriteProcess.ConnectionStringFor(azurite.Port)).ExistsAsync());
            Assert.Equal(403, e.Status);
            key = System.IO.File.ReadAllText(KeyFile);
            Assert.Contains(key, azurite.ConnectionString, StringComparison.Ordinal);
        }

        await using LocalAzurite again = await StartAsync();
        Assert.Contains(key, again.ConnectionString, StringComparison.Ordinal);
        using var other = new TemporaryFolder();
        Assert.NotEqual(key, AccountKey.Ensure(other.Path));
    }

    [Fact]
    public async Task Only_its_owner_reads_the_folder_and_the_key()
    {
        await using LocalAzurite azurite = await StartAsync();

        Assert.Equal(Folder, System.IO.File.GetUnixFileMode(Data));
        Assert.Equal(File, System.IO.File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public async Task A_folder_from_before_there_were_keys_keeps_its_data_and_is_closed_to_others()
    {
        Directory.CreateDirectory(Data);
        System.IO.File.SetUnixFileMode(Data, Folder | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        string published = AzuriteProcess.ConnectionStringFor(1).Split("AccountKey=")[1].Split(';')[0];
        await using (AzuriteProcess before = await AzuriteProcess.StartOnFolderAsync(
            await AzuriteInstallation.EnsureAsync(), Data, published, port: 0, static _ => { }, CancellationToken.None))
        {
            await Container(before.ConnectionString).CreateAsync();
            await Container(before.ConnectionString).GetBlobClient("blob").UploadAsync(BinaryData.FromString("content"));
        }

        await using LocalAzurite azurite = await StartAsync();

        BlobClient blob = Container(azurite.ConnectionString).GetBlobClient("blob");
        Assert.Equal("content", (await blob.DownloadContentAsync()).Value.Content.ToString());
        Assert.DoesNotContain(published, azurite.ConnectionString, StringComparison.Ordinal);
        Assert.Equal(Folder, System.IO.File.GetUnixFileMode(Data));
    }

    [Theory]
    [InlineData("account.key", "")]
    [InlineData("account.key", "c2hvcnQ=")]
    [InlineData("account.key", "no base64")]
    [InlineData("account.key.new", "half of")]
    public void What_a_crash_leaves_of_the_file_is_replaced_by_a_key_that_stays(string file, string content)
    {
        Directory.CreateDirectory(Data);
        System.IO.File.WriteAllText(Path.Combine(Data, file), content);

        string key = AccountKey.Ensure(Data);

        Assert.Equal(64, Convert.FromBase64String(key).Length);
        Assert.Equal(key, AccountKey.Ensure(Data));
        Assert.Equal(File, System.IO.File.GetUnixFileMode(KeyFile));
        Assert.Equal([KeyFile], Directory.GetFiles(Data));
    }

    [Fact]
    public void A_key_that_others_could_read_is_closed_to_them()
    {
        Directory.CreateDirectory(Data);
        string key = AccountKey.Ensure(Data);
        System.IO.File.SetUnixFileMode(KeyFile, File | UnixFileMode.OtherRead);

        Assert.Equal(key, AccountKey.Ensure(Data));
        Assert.Equal(File, System.IO.File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public async Task A_folder_that_all_users_share_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(Data);
        System.IO.File.SetUnixFileMode(Data, Folder | UnixFileMode.OtherWrite | UnixFileMode.StickyBit);

        LocalStorageException e = await Assert.ThrowsAsync<LocalStorageException>(StartAsync);

        Assert.Contains("Storage__Folder", e.Message, StringComparison.Ordinal);
        Assert.Equal(Folder | UnixFileMode.OtherWrite | UnixFileMode.StickyBit, System.IO.File.GetUnixFileMode(Data));
    }

    public void Dispose() => _folder.Dispose();

    private async Task<LocalAzurite> StartAsync() =>
        await LocalAzurite.StartAsync(await AzuriteInstallation.EnsureAsync(), Data, static _ => { }, TimeProvider.System);

    private static BlobContainerClient Container(string connection) => SessionStorage.Connect(connection, "test").Container;
}
