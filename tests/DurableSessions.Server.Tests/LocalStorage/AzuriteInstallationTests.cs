using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.LocalStorage;

/// <summary>The real npm, installing a package named azurite from a file.</summary>
public sealed class AzuriteInstallationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _installations;

    public AzuriteInstallationTests() => WritePackage("1.0.0");

    [Fact]
    public async Task What_is_missing_is_installed_once()
    {
        await EnsureAsync();
        await EnsureAsync();

        Assert.Equal(1, _installations);
        Assert.Contains("1.0.0", InstalledManifest(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_version_in_the_lock_file_is_installed()
    {
        await EnsureAsync();
        WritePackage("2.0.0");
        await EnsureAsync();

        Assert.Equal(2, _installations);
        Assert.Contains("2.0.0", InstalledManifest(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installation_that_was_cut_off_is_done_again()
    {
        await EnsureAsync();
        File.Delete(Path.Combine(_folder.Path, "node_modules", ".package-lock.json"));
        await EnsureAsync();

        Assert.Equal(2, _installations);
    }

    [Fact]
    public async Task Of_several_at_once_one_installs_and_all_can_start()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => EnsureAsync()));
        DateTime installed = File.GetLastWriteTimeUtc(Path.Combine(_folder.Path, "node_modules", ".package-lock.json"));
        await EnsureAsync();

        Assert.Equal(installed, File.GetLastWriteTimeUtc(Path.Combine(_folder.Path, "node_modules", ".package-lock.json")));
        Assert.Contains("1.0.0", InstalledManifest(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_of_npm_is_reported_in_one_line_with_its_cause()
    {
        File.Delete(Path.Combine(_folder.Path, "azurite.tgz"));

        LocalStorageException e = await Assert.ThrowsAsync<LocalStorageException>(EnsureAsync);

        Assert.Contains("'npm ci'", e.Message, StringComparison.Ordinal);
        Assert.Contains("ENOENT", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    public void Dispose() => _folder.Dispose();

    private Task EnsureAsync() =>
        AzuriteInstallation.EnsureAsync(_folder.Path, _ => Interlocked.Increment(ref _installations), CancellationToken.None);

    private string InstalledManifest() => File.ReadAllText(Path.Combine(_folder.Path, "node_modules", "azurite", "package.json"));

    private void WritePackage(string version)
    {
        using (var gzip = new GZipStream(File.Create(Path.Combine(_folder.Path, "azurite.tgz")), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
        {
            byte[] manifest = Encoding.UTF8.GetBytes($$"""{"name":"azurite","version":"{{version}}"}""");
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "package/package.json") { DataStream = new MemoryStream(manifest) });
        }

        File.WriteAllText(
            Path.Combine(_folder.Path, "package.json"),
            """{"name":"test","private":true,"dependencies":{"azurite":"file:azurite.tgz"}}""");
        File.WriteAllText(Path.Combine(_folder.Path, "package-lock.json"), $$$"""
            {"name":"test","lockfileVersion":3,"requires":true,"packages":{
              "":{"name":"test","dependencies":{"azurite":"file:azurite.tgz"}},
              "node_modules/azurite":{"version":"{{{version}}}","resolved":"file:azurite.tgz"}
              }}
            """);
    }
}
