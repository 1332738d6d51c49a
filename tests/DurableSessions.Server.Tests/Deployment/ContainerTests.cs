using System.Text.RegularExpressions;
using System.Xml.Linq;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What the image is built from.</summary>
public sealed partial class ContainerTests
{
    [Fact]
    public void Docker_and_Podman_leave_the_same_files_out() => Assert.Equal(
        File.ReadAllText(Repository.PathOf(".containerignore")),
        File.ReadAllText(Repository.PathOf(".dockerignore")));

    [Fact]
    public void Images_are_named_by_their_digest_and_packages_by_the_lock_files()
    {
        string[] lines = File.ReadAllLines(Repository.PathOf("infra/Containerfile"));
        string[] images = [.. lines.Where(static line => line.StartsWith("ARG ", StringComparison.Ordinal) && line.Contains("_IMAGE="))];

        Assert.Equal(2, images.Length);
        Assert.All(images, static image => Assert.Matches("=[a-z0-9./-]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}$", image));
        Assert.All(
            lines.Where(static line => line.StartsWith("FROM ", StringComparison.Ordinal)),
            static line => Assert.Contains("_IMAGE", line));
        Assert.Contains(lines, static line => line.Contains("dotnet publish") && line.Contains("-p:RestoreLockedMode=true"));
    }

    /// <remarks>
    /// No image is built by the tests. A step that is added or changed is read here again, and its line below says what it needs.
    /// </remarks>
    [Fact]
    public void Each_step_of_the_image_is_one_of_these()
    {
        string[] steps =
        [
            .. from line in File.ReadAllLines(Repository.PathOf("infra/Containerfile"))
               where line.Length > 0 && !line.StartsWith('#') && !line.Contains("_IMAGE=")
               select line,
        ];

        Assert.Equal(
            [
                "FROM $SDK_IMAGE AS build",
                "ARG AzureFunctions=false",
                "WORKDIR /source",
                "COPY . .",
                "RUN dotnet publish src/DurableSessions.Server -c Release -o /app -p:AzureFunctions=$AzureFunctions "
                    + "-p:RestoreLockedMode=true",
                "FROM $RUNTIME_IMAGE",
                "WORKDIR /app",
                "COPY --from=build /app .",
                "ENV DOTNET_EnableDiagnostics=0",
                "USER $APP_UID",
                "EXPOSE 1933",
                "ENTRYPOINT [\"dotnet\", \"DurableSessions.Server.dll\"]",
                "CMD [\"--urls\", \"http://+:1933\"]",
            ],
            steps);
    }

    /// <remarks>The entry point has the name of what the build of that project leaves, which is beside the tests too.</remarks>
    [Fact]
    public void What_is_published_is_there_and_so_is_what_it_leaves()
    {
        string text = File.ReadAllText(Repository.PathOf("infra/Containerfile"));
        string project = PublishedProject().Match(text).Groups[1].Value;
        string[] files = Directory.GetFiles(Repository.PathOf(project), "*.csproj");

        string name = Path.GetFileNameWithoutExtension(Assert.Single(files));
        XDocument document = XDocument.Load(files[0]);
        Assert.Empty(document.Descendants("AssemblyName"));
        Assert.Contains($"ENTRYPOINT [\"dotnet\", \"{name}.dll\"]", text);
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")));
        Assert.True(File.Exists(Repository.PathOf($"{project}/packages.lock.json")), "RestoreLockedMode needs a lock file.");
    }

    /// <remarks>A project that refers to one that the context leaves out fails the build of the image alone.</remarks>
    [Fact]
    public void Nothing_that_the_server_is_built_from_is_left_out_of_the_context()
    {
        string[] ignored =
        [
            .. from line in File.ReadAllLines(Repository.PathOf(".containerignore"))
               where line.Length > 0 && !line.StartsWith('#')
               select line,
        ];

        Assert.Equal(["**/bin", "**/obj", "**/node_modules", ".data", "**/.azure", ".git", "artifacts", "**/TestResults"], ignored);
        var seen = new HashSet<string>();
        var rest = new Queue<string>(["src/DurableSessions.Server/DurableSessions.Server.csproj"]);
        while (rest.TryDequeue(out string? project))
        {
            Assert.True(File.Exists(Repository.PathOf(project)), project);
            Assert.StartsWith("src/", project);
            foreach (XElement reference in XDocument.Load(Repository.PathOf(project)).Descendants("ProjectReference"))
            {
                string path = reference.Attribute("Include")!.Value.Replace('\\', '/');
                string next = Path.GetRelativePath(
                    Repository.Root, Path.Combine(Path.GetDirectoryName(Repository.PathOf(project))!, path));
                if (seen.Add(next))
                {
                    rest.Enqueue(next);
                }
            }
        }

        Assert.Contains("src/DurableSessions.Core/DurableSessions.Core.csproj", seen);
    }

    [GeneratedRegex("^RUN dotnet publish (\\S+) ", RegexOptions.Multiline)]
    private static partial Regex PublishedProject();
}
