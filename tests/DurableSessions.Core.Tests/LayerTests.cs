using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace DurableSessions.Core.Tests;

/// <summary>Core is built in layers: a folder refers to those before it, and to none after it.</summary>
public class LayerTests
{
    private const string Root = "DurableSessions.Core.";

    /// <summary>The folders, from the one that refers to no other.</summary>
    private static readonly string[] s_layers =
    [
        "Identities", "Errors", "Storage", "Messages", "Retaining", "State", "Live", "Memories", "Semantics", "Webhooks",
        "Configuration", "Quotas", "Archives", "Indexing", "Merging", "Appending", "Commits", "Failures", "Tasks", "Notifying",
        "AutoCommit", "Context", "Deletion", "Purging", "Sessions", "Recall", "Auditing",
    ];

    private static readonly Architecture s_core = new ArchLoader().LoadAssembly(typeof(SessionStore).Assembly).Build();

    [Fact]
    public void Each_folder_has_its_place() =>
        Assert.Equal(s_layers.Order(), s_core.Types.Select(LayerOf).OfType<string>().Distinct().Order());

    [Fact]
    public void None_refers_to_a_later_one()
    {
        string[] upward =
        [
            .. from type in s_core.Types
               where LayerOf(type) is not null
               from dependency in type.Dependencies
               where IsLater(dependency.Target, type)
               select $"{type.FullName} -> {dependency.Target.FullName}",
        ];

        Assert.Empty(upward.Distinct().Order());
    }

    /// <summary>What stands in no folder puts the folders together; of it they may use the log.</summary>
    [Fact]
    public void None_refers_to_what_puts_them_together()
    {
        string[] upward =
        [
            .. from type in s_core.Types
               where LayerOf(type) is not null
               from dependency in type.Dependencies
               where dependency.Target.Namespace?.FullName == Root.TrimEnd('.') && dependency.Target.Name != nameof(Log)
               select $"{type.FullName} -> {dependency.Target.FullName}",
        ];

        Assert.Empty(upward.Distinct().Order());
    }

    [Fact]
    public void References_of_methods_are_seen() => Assert.Contains(
        s_core.Types.Single(static t => t.Name == "ManifestStore").Dependencies, static d => d.Target.Name == "BlobNames");

    private static bool IsLater(IType target, IType type) =>
        LayerOf(target) is { } layer && Array.IndexOf(s_layers, layer) > Array.IndexOf(s_layers, LayerOf(type));

    // What the compiler generates beside the types stands in no folder of its own.
    private static string? LayerOf(IType type) => type.Namespace?.FullName.StartsWith(Root, StringComparison.Ordinal) == true
        ? type.Namespace.FullName[Root.Length..].Split('.')[0]
        : null;
}
