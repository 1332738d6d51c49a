using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>The lock files of the packages.</summary>
public sealed partial class LockFileTests
{
    [Fact]
    public void Every_project_of_the_solution_has_one()
    {
        string[] projects =
        [
            .. from Match project in ProjectPath().Matches(File.ReadAllText(Repository.PathOf("DurableSessions.sln")))
               select project.Value.Replace('\\', '/'),
        ];

        Assert.Contains("src/DurableSessions.Server/DurableSessions.Server.csproj", projects);
        Assert.All(projects, static project => Assert.True(File.Exists(LockFile(project)), $"{project} has no lock file."));
    }

    [Fact]
    public void Each_package_has_a_hash_and_no_file_names_a_host_or_a_folder()
    {
        foreach (string file in Directory.EnumerateFiles(Repository.Root, "packages.lock.json", SearchOption.AllDirectories))
        {
            string text = File.ReadAllText(file);
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement[] packages =
            [
                .. from framework in document.RootElement.GetProperty("dependencies").EnumerateObject()
                   from package in framework.Value.EnumerateObject()
                   where package.Value.GetProperty("type").GetString() != "Project"
                   select package.Value,
            ];

            Assert.All(packages, static package => Assert.NotEmpty(package.GetProperty("contentHash").GetString()!));
            Assert.DoesNotContain("://", text);
            Assert.DoesNotContain('\\', text);
        }
    }

    private static string LockFile(string project) =>
        Path.Combine(Path.GetDirectoryName(Repository.PathOf(project))!, "packages.lock.json");

    [GeneratedRegex("[^\"]+\\.csproj")]
    private static partial Regex ProjectPath();
}
