using System.Text.RegularExpressions;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What the Bicep files close, in the blocks of their source.</summary>
public sealed partial class AzureTests
{
    [Theory]
    [InlineData("app", "resource storage ", "properties: closed")]
    [InlineData("app", "resource hostStorage ", "properties: closed")]
    [InlineData("app", "var closed ", "allowSharedKeyAccess: false")]
    [InlineData("app", "var closed ", "allowBlobPublicAccess: false")]
    [InlineData("app", "var closed ", "publicNetworkAccess: empty(operators) ? 'Disabled' : 'Enabled'")]
    [InlineData("app", "var closed ", "defaultAction: 'Deny' bypass: 'None'")]
    [InlineData("app", "resource scheduler ", "publicNetworkAccess: empty(operators) ? 'Disabled' : 'Enabled' ipAllowlist: operators")]
    [InlineData("app", "resource app ", "virtualNetworkSubnetId: network.outputs.appSubnetId")]
    [InlineData("network", "resource network ", "name: 'app' properties: { addressPrefix: '10.0.0.0/25' delegations: [ {")]
    [InlineData("network", "resource network ", "serviceName: 'Microsoft.App/environments'")]
    public void Storage_and_scheduler_are_reached_by_the_app_s_network_and_by_operators_alone(string file, string block, string text) =>
        Assert.Contains(text, Block(file, block));

    [Theory]
    [InlineData("name: storage.name id: storage.id group: 'blob'")]
    [InlineData("name: hostStorage.name id: hostStorage.id group: 'blob'")]
    [InlineData("name: hostStorage.name id: hostStorage.id group: 'queue'")]
    [InlineData("name: hostStorage.name id: hostStorage.id group: 'table'")]
    [InlineData("name: scheduler.name, id: scheduler.id, group: 'scheduler'")]
    public void The_app_has_a_private_endpoint_to_each(string target) => Assert.Contains(target, Block("app", "module network "));

    [Theory]
    [InlineData("resource ftp ", "properties: { allow: false }")]
    [InlineData("resource scm ", "properties: { allow: false }")]
    [InlineData("resource app ", "httpsOnly: true")]
    [InlineData("resource app ", "minTlsVersion: '1.2' ftpsState: 'Disabled'")]
    public void Packages_are_not_published_by_passwords_and_nothing_is_sent_in_clear_text(string block, string text) =>
        Assert.Contains(text, Block("app", block));

    [Fact]
    public void The_app_may_write_one_container_of_the_sessions_account()
    {
        string app = Source("app");
        string[] scopes = [.. from Match scope in Scope().Matches(app) select scope.Groups[1].Value];

        Assert.Equal(["storage::blobs::sessionsContainer", "hostStorage", "insights", "scheduler"], scopes);
        Assert.Contains("scope: storage::blobs::sessionsContainer", Block("app", "resource sessionsRole "));
        Assert.Contains("roles.sessions)", Block("app", "resource sessionsRole "));
        Assert.Contains("for role in [roles.blobs, roles.queues, roles.tables]: {", app);
        Assert.Contains("AzureWebJobsStorage__accountName: hostStorage.name", app);
    }

    /// <remarks>The ids are the service's; a deployment with another one fails.</remarks>
    [Theory]
    [InlineData("sessions: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor")]
    [InlineData("blobs: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner")]
    [InlineData("queues: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor")]
    [InlineData("tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor")]
    [InlineData("metrics: '3913510d-42f4-4e42-8a64-420c390055eb' // Monitoring Metrics Publisher")]
    [InlineData("scheduler: '0ad04412-c4d5-4796-b79c-f76d14c8d402' // Durable Task Data Contributor")]
    public void Roles_are_named_by_the_ids_of_Azure(string role) => Assert.Contains(role, Block("app", "var roles "));

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

    [GeneratedRegex(@"\bscope: (\S+)")]
    private static partial Regex Scope();

    [GeneratedRegex(@"baseBlob: \{ delete:")]
    private static partial Regex BaseDelete();
}
