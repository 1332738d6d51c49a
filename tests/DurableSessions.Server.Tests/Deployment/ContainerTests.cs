using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What the image is built from.</summary>
public sealed class ContainerTests
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

    [Fact]
    public void The_server_is_not_root() =>
        Assert.Contains("USER $APP_UID", File.ReadAllLines(Repository.PathOf("infra/Containerfile")));
}
