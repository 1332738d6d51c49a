using System.Text.RegularExpressions;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What the blocks of the Bicep files say; <see cref="TemplateTests"/> has what is closed, as compiled.</summary>
public sealed partial class AzureTests
{
    [Theory]
    [InlineData("name: 'app' properties: { addressPrefix: '10.0.0.0/25' delegations: [ {")]
    [InlineData("serviceName: 'Microsoft.App/environments'")]
    public void The_app_has_a_subnet_of_its_own(string text) => Assert.Contains(text, Block("network", "resource network "));

    [Theory]
    [InlineData("name: storage.name id: storage.id group: 'blob'")]
    [InlineData("name: hostStorage.name id: hostStorage.id group: 'blob'")]
    [InlineData("name: hostStorage.name id: hostStorage.id group: 'queue'")]
    [InlineData("name: hostStorage.name id: hostStorage.id group: 'table'")]
    [InlineData("name: scheduler.name, id: scheduler.id, group: 'scheduler'")]
    public void The_app_has_a_private_endpoint_to_each(string target) => Assert.Contains(target, Block("app", "module network "));

    [Theory]
    [InlineData("resource storage ", "deleteRetentionPolicy: { enabled: true, days: restoreDays }")]
    [InlineData("resource storage ", "containerDeleteRetentionPolicy: { enabled: true, days: restoreDays }")]
    [InlineData("resource storage ", "isVersioningEnabled: keepVersions")]
    [InlineData(
        "resource lifecycle ",
        "filters: { blobTypes: ['blockBlob', 'appendBlob'] prefixMatch: ['${sessions}/'] } "
            + "actions: { version: { delete: { daysAfterCreationGreaterThan: versionDays } } }")]
    public void What_is_replaced_or_deleted_can_be_restored_for_a_bounded_time(string block, string text) =>
        Assert.Contains(text, Block("app", block));

    /// <remarks>A base blob is deleted under the prefixes of what the engine leaves behind alone: hosts purge what has ended.</remarks>
    [Fact]
    public void No_rule_deletes_what_is_current_but_leftovers_of_the_engine()
    {
        string rules = Block("app", "resource lifecycle ");

        Assert.Single(BaseDelete().Matches(rules));
        Assert.Contains(
            "prefixMatch: ['${sessions}/orchestrations/hosts/', '${sessions}/orchestrations/unreadable/'] "
            + "} actions: { baseBlob: { delete: ", rules);
    }

    [Fact]
    public void No_address_range_is_open_to_all()
    {
        string[] files = Directory.GetFiles(Repository.PathOf("infra/azure"));

        Assert.Contains(files, static file => Path.GetFileName(file) == "main.parameters.json");
        Assert.All(files, static file => Assert.DoesNotContain("'0.0.0.0", File.ReadAllText(file)));
    }

    // The source with each run of white space as one space.
    private static string Source(string file) =>
        WhiteSpace().Replace(File.ReadAllText(Repository.PathOf($"infra/azure/{file}.bicep")), " ");

    // From the name of a declaration to the end of its outermost braces.
    private static string Block(string file, string declaration)
    {
        string source = Source(file);
        int start = source.IndexOf(declaration, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{file}.bicep has no {declaration}");
        int depth = 0;
        for (int i = source.IndexOf('{', start); i < source.Length; i++)
        {
            depth += source[i] switch { '{' => 1, '}' => -1, _ => 0 };
            if (depth == 0)
            {
                return source[start..(i + 1)];
            }
        }

        throw new InvalidDataException($"{file}.bicep: {declaration} has no end.");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@"baseBlob: \{ delete:")]
    private static partial Regex BaseDelete();
}
