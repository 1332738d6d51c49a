using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using DurableSessions.Core.Configuration;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What Azure is sent by a deployment.</summary>
public sealed partial class TemplateTests(BicepBuild bicep) : IClassFixture<BicepBuild>
{
    private const string Container =
        "[resourceId('Microsoft.Storage/storageAccounts/blobServices/containers', "
        + "format('st{0}', variables('unique')), 'default', variables('sessions'))]";

    private const string HostStorage = "[resourceId('Microsoft.Storage/storageAccounts', format('sthost{0}', variables('unique')))]";
    private const string Identity = "[reference('identity').principalId]";

    [Fact]
    public void The_linter_has_nothing_to_say()
    {
        JsonElement main = bicep.Main;

        Assert.Equal("", bicep.Diagnostics);
        Assert.Equal(JsonValueKind.Object, main.ValueKind);
    }

    [Fact]
    public void Both_accounts_take_no_keys_and_no_clear_text_show_no_blob_and_refuse_every_network_but_the_operators()
    {
        JsonElement[] accounts = [.. ResourcesOf("Microsoft.Storage/storageAccounts")];
        JsonElement closed = bicep.App.GetProperty("variables").GetProperty("closed");

        Assert.Equal(2, accounts.Length);
        Assert.All(accounts, static account => Assert.Equal("[variables('closed')]", Text(account, "properties")));
        Assert.False(closed.GetProperty("allowSharedKeyAccess").GetBoolean());
        Assert.False(closed.GetProperty("allowBlobPublicAccess").GetBoolean());
        Assert.True(closed.GetProperty("defaultToOAuthAuthentication").GetBoolean());
        Assert.True(closed.GetProperty("supportsHttpsTrafficOnly").GetBoolean());
        Assert.Equal("TLS1_2", Text(closed, "minimumTlsVersion"));
        Assert.Equal("[if(empty(variables('operators')), 'Disabled', 'Enabled')]", Text(closed, "publicNetworkAccess"));
        JsonElement network = closed.GetProperty("networkAcls");
        Assert.Equal("Deny", Text(network, "defaultAction"));
        Assert.Equal("None", Text(network, "bypass"));
        Assert.Equal(
            "[map(variables('operators'), lambda('ip', createObject('value', lambdaVariables('ip'), 'action', 'Allow')))]",
            Text(network, "ipRules"));
        Assert.False(network.TryGetProperty("virtualNetworkRules", out _));
        Assert.Equal("", Text(bicep.Main.GetProperty("parameters").GetProperty("allowedIps"), "defaultValue"));
    }

    [Fact]
    public void Containers_are_private() => Assert.All(
        ResourcesOf("Microsoft.Storage/storageAccounts/blobServices/containers"),
        static container => Assert.False(container.TryGetProperty("properties", out _)));

    [Fact]
    public void The_app_is_reached_over_TLS_alone_has_one_identity_and_takes_no_password()
    {
        JsonElement app = bicep.Resource("app");
        JsonElement properties = app.GetProperty("properties");

        Assert.True(properties.GetProperty("httpsOnly").GetBoolean());
        Assert.Equal("1.2", Text(properties.GetProperty("siteConfig"), "minTlsVersion"));
        Assert.Equal("Disabled", Text(properties.GetProperty("siteConfig"), "ftpsState"));
        Assert.Equal("UserAssigned", Text(app.GetProperty("identity"), "type"));
        JsonElement packages = properties.GetProperty("functionAppConfig").GetProperty("deployment").GetProperty("storage");
        Assert.Equal("UserAssignedIdentity", Text(packages.GetProperty("authentication"), "type"));
        Assert.Equal("[reference('network').outputs.appSubnetId.value]", Text(properties, "virtualNetworkSubnetId"));
        JsonElement[] passwords = [.. ResourcesOf("Microsoft.Web/sites/basicPublishingCredentialsPolicies")];
        Assert.Equal(2, passwords.Length);
        Assert.All(passwords, static policy => Assert.False(policy.GetProperty("properties").GetProperty("allow").GetBoolean()));
    }

    /// <remarks>The ids are those of Azure's built-in roles: a deployment with another id fails, or gives another right.</remarks>
    [Fact]
    public void Roles_are_these_and_no_others()
    {
        JsonElement roles = bicep.App.GetProperty("variables").GetProperty("roles");
        string[] assignments =
        [
            .. from resource in bicep.App.GetProperty("resources").EnumerateObject()
               where Text(resource.Value, "type") == "Microsoft.Authorization/roleAssignments"
               let properties = resource.Value.GetProperty("properties")
               let condition = resource.Value.TryGetProperty("condition", out JsonElement value) ? value.GetString() : "always"
               let role = RoleIds(Text(properties, "roleDefinitionId"), roles)
               let principal = $"{Text(properties, "principalId")} {Text(properties, "principalType")}"
               orderby resource.Name
               select $"{resource.Name} {condition}: {role} on {Text(resource.Value, "scope")} for {principal}",
        ];

        const string BlobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
        const string BlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
        const string QueueDataContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
        const string TableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
        const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
        const string DurableTaskDataContributor = "0ad04412-c4d5-4796-b79c-f76d14c8d402";
        Assert.Equal(
            [
                $"deployerRole [not(empty(parameters('principalId')))]: {BlobDataContributor} on {Container} "
                    + "for [parameters('principalId')] [parameters('principalType')]",
                $"hostRoles always: {BlobDataOwner} {QueueDataContributor} {TableDataContributor} on {HostStorage} "
                    + $"for {Identity} ServicePrincipal",
                $"metricsRole always: {MetricsPublisher} on [resourceId('Microsoft.Insights/components', "
                    + $"format('appi-{{0}}-{{1}}', parameters('environmentName'), variables('unique')))] for {Identity} ServicePrincipal",
                $"schedulerRole [parameters('useScheduler')]: {DurableTaskDataContributor} on "
                    + "[resourceId('Microsoft.DurableTask/schedulers', format('dts-{0}', variables('unique')))] "
                    + $"for {Identity} ServicePrincipal",
                $"sessionsRole always: {BlobDataContributor} on {Container} for {Identity} ServicePrincipal",
            ],
            assignments);
    }

    [Fact]
    public void The_deployer_has_a_right_where_azd_names_it_and_none_else()
    {
        Assert.Equal("", Text(bicep.Main.GetProperty("parameters").GetProperty("principalId"), "defaultValue"));
        JsonElement passed = bicep.Main.GetProperty("resources").EnumerateArray()
            .Single(static resource => Text(resource, "type") == "Microsoft.Resources/deployments")
            .GetProperty("properties").GetProperty("parameters");

        Assert.Equal("[parameters('principalId')]", Text(passed.GetProperty("principalId"), "value"));
        Assert.Equal("[parameters('principalType')]", Text(passed.GetProperty("principalType"), "value"));
        Assert.Equal("[parameters('allowedIps')]", Text(passed.GetProperty("allowedIps"), "value"));
    }

    [Fact]
    public void The_app_is_made_after_what_it_may_do()
    {
        string[] before = [.. bicep.Resource("app").GetProperty("dependsOn").EnumerateArray().Select(static name => name.GetString()!)];

        Assert.Superset(new HashSet<string>(["hostRoles", "metricsRole", "network", "schedulerRole", "sessionsRole"]), before.ToHashSet());
    }

    [Fact]
    public void The_settings_of_the_app_are_these_and_no_secret()
    {
        string settings = Text(bicep.Resource("app::settings"), "properties");

        const string ClientId = "reference('identity').clientId";
        string[] always =
        [
            "'AzureWebJobsStorage__accountName', format('sthost{0}', variables('unique'))",
            "'AzureWebJobsStorage__credential', 'managedidentity'",
            $"'AzureWebJobsStorage__clientId', {ClientId}",
            "'AzureWebJobsDisableHomepage', 'true'",
            $"'AZURE_CLIENT_ID', {ClientId}",
            "'APPLICATIONINSIGHTS_CONNECTION_STRING', reference('insights').ConnectionString",
            $"'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', format('ClientId={{0}};Authorization=AAD', {ClientId})",
            "'ConnectionStrings__Storage', reference('storage').primaryEndpoints.blob",
            "'Storage__Container', variables('sessions')",
            "'Retention__TaskDays', string(parameters('taskDays'))",
            "'Retention__SessionDays', string(parameters('sessionDays'))",
            "'Retention__ArchiveDays', string(coalesce(parameters('archiveDays'), 0))",
        ];
        string[] scheduler =
        [
            "'AzureFunctionsJobHost__extensions__durableTask__storageProvider__type', 'azureManaged'",
            "'AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName', 'DURABLE_TASK_SCHEDULER'",
            "'DURABLE_TASK_SCHEDULER', format('Endpoint={0};Authentication=ManagedIdentity;ClientID={1};TaskHub={2}', "
                + $"reference('scheduler').endpoint, {ClientId}, variables('hub'))",
        ];
        Assert.Equal(
            $"[union(createObject({string.Join(", ", always)}), "
            + $"if(parameters('useScheduler'), createObject({string.Join(", ", scheduler)}), createObject()))]",
            settings);

        // Who has the connection string alone can send no telemetry.
        Assert.True(bicep.Resource("insights").GetProperty("properties").GetProperty("DisableLocalAuth").GetBoolean());
    }

    /// <remarks>A default of another number would have a deployment delete what the settings of the server would keep.</remarks>
    [Fact]
    public void What_is_kept_and_for_how_long_is_as_in_the_settings()
    {
        var unset = new RetentionSettings();

        Assert.Equal(unset.TaskDays, Default("taskDays"));
        Assert.Equal(unset.SessionDays, Default("sessionDays"));
        Assert.Equal(unset.ArchiveDays, Default("archiveDays"));

        // What has none is null, and never.
        int Default(string name) => Parameter(name).TryGetProperty("defaultValue", out JsonElement value) ? value.GetInt32() : 0;
    }

    /// <remarks>A deployment with another number would succeed, and the app would not start.</remarks>
    [Fact]
    public void An_app_starts_with_every_retention_that_a_deployment_takes_and_no_other()
    {
        foreach (PropertyInfo setting in typeof(RetentionSettings).GetProperties())
        {
            JsonElement parameter = Parameter(JsonNamingPolicy.CamelCase.ConvertName(setting.Name));
            int[] bounds = [parameter.GetProperty("minValue").GetInt32(), parameter.GetProperty("maxValue").GetInt32()];
            var context = new ValidationContext(new RetentionSettings()) { MemberName = setting.Name };

            Assert.All(
                [0, bounds[0], bounds[0] + 1, bounds[1]],
                days => Validator.ValidateProperty(days, context));
            Assert.All(
                [bounds[0] - 1, bounds[1] + 1],
                days => Assert.Throws<ValidationException>(() => Validator.ValidateProperty(days, context)));
        }
    }

    [Fact]
    public void No_template_asks_for_a_key_or_hands_one_out()
    {
        Assert.DoesNotMatch(AsksForKeys(), bicep.Main.GetRawText());
        Assert.Equal(["API_URL", "AZURE_RESOURCE_GROUP", "STORAGE_URL"], Outputs(bicep.Main));
        Assert.Equal(["storageUrl", "url"], Outputs(bicep.App));
        Assert.Equal(["appSubnetId"], Outputs(bicep.Network));
        Assert.Equal("[reference('storage').primaryEndpoints.blob]", Text(Output("storageUrl"), "value"));
        Assert.Equal("[format('https://{0}', reference('app').defaultHostName)]", Text(Output("url"), "value"));
    }

    [Fact]
    public void The_scheduler_is_reached_by_the_app_s_network_and_by_operators_alone()
    {
        JsonElement scheduler = bicep.Resource("scheduler");

        Assert.Equal("[parameters('useScheduler')]", Text(scheduler, "condition"));
        Assert.Equal(
            "[if(empty(variables('operators')), 'Disabled', 'Enabled')]", Text(scheduler.GetProperty("properties"), "publicNetworkAccess"));
        Assert.Equal("[variables('operators')]", Text(scheduler.GetProperty("properties"), "ipAllowlist"));
    }

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private static string[] Outputs(JsonElement template) =>
        [.. template.GetProperty("outputs").EnumerateObject().Select(static output => output.Name).Order(StringComparer.Ordinal)];

    // Those that an expression names, or each of its list.
    private static string RoleIds(string expression, JsonElement roles) =>
        string.Join(' ', from Match role in RoleName().Matches(expression) select Text(roles, role.Groups[1].Value));

    private JsonElement Parameter(string name) => bicep.App.GetProperty("parameters").GetProperty(name);

    private JsonElement Output(string name) => bicep.App.GetProperty("outputs").GetProperty(name);

    private IEnumerable<JsonElement> ResourcesOf(string type) =>
        from resource in bicep.App.GetProperty("resources").EnumerateObject()
        where Text(resource.Value, "type") == type
        select resource.Value;

    [GeneratedRegex(@"variables\('roles'\)\.(\w+)")]
    private static partial Regex RoleName();

    [GeneratedRegex(@"\blist\w*\(|AccountKey|SharedAccessKey|InstrumentationKey|instrumentationKey|primaryKey", RegexOptions.IgnoreCase)]
    private static partial Regex AsksForKeys();
}
