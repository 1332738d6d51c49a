using DurableSessions.LocalStorage;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.LocalStorage;

/// <summary>Azurite is taken from what is beside the program, since it is executed.</summary>
public sealed class AzuriteFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_folder_above_the_program_is_none()
    {
        Add(_folder.Path);
        string program = Directory.CreateDirectory(Path.Combine(_folder.Path, "app")).FullName;

        LocalStorageException e = Assert.Throws<LocalStorageException>(() => AzuriteInstallation.FindFolder(program));

        Assert.Contains(program, e.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings__Storage", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_one_in_the_folder_of_the_program_is_taken()
    {
        string azurite = Add(_folder.Path);
        Assert.Equal(azurite, AzuriteInstallation.FindFolder(_folder.Path));
    }

    [Fact]
    public void A_build_in_a_clone_names_that_of_the_clone()
    {
        string azurite = Add(Path.Combine(_folder.Path, "clone"));
        File.WriteAllText(Path.Combine(_folder.Path, "azurite.path"), azurite + "\n");
        Assert.Equal(azurite, AzuriteInstallation.FindFolder(_folder.Path));

        Directory.Delete(azurite, recursive: true);
        Assert.Throws<LocalStorageException>(() => AzuriteInstallation.FindFolder(_folder.Path));
    }

    [Fact]
    public void These_tests_have_that_of_their_clone() =>
        Assert.True(File.Exists(Path.Combine(AzuriteInstallation.FindFolder(AppContext.BaseDirectory), "start.cjs")));

    public void Dispose() => _folder.Dispose();

    private static string Add(string folder)
    {
        string azurite = Directory.CreateDirectory(Path.Combine(folder, "infra", "azurite")).FullName;
        File.WriteAllText(Path.Combine(azurite, "package-lock.json"), "{}");
        return azurite;
    }
}
