using System.Text.RegularExpressions;
using System.Xml.Linq;
using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What the README of Functions says of versions, and what is pinned.</summary>
public sealed partial class VersionTests
{
    private static readonly string s_readme = File.ReadAllText(Repository.PathOf("src/DurableSessions.Functions/README.md"));

    [Fact]
    public void The_table_of_packages_has_each_that_is_pinned_for_Azure()
    {
        XElement props = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Root!;
        string[] pinned =
        [
            .. from item in props.Elements("ItemGroup").Where(static g => $"{g.Attribute("Label")?.Value}".EndsWith("AzureFunctions=true"))
                   .Elements("PackageVersion")
               select $"{item.Attribute("Include")!.Value} {Evaluate(props, item.Attribute("Version")!.Value)}",
        ];

        Assert.NotEmpty(pinned);
        Assert.Equal(pinned.Order(), Named(PackageRow()));
    }

    [Fact]
    public void Each_link_of_the_table_leads_to_the_version()
    {
        MatchCollection rows = PackageRow().Matches(s_readme);

        Assert.NotEmpty(rows);
        Assert.All<Match>(rows, static row => Assert.EndsWith(row.Groups[2].Value, row.Groups[3].Value));
    }

    [Fact]
    public void The_table_of_resources_has_each_of_the_Bicep_files()
    {
        string[] named =
        [
            .. from file in Directory.GetFiles(Repository.PathOf("infra/azure"), "*.bicep")
               from Match match in Resource().Matches(File.ReadAllText(file))
               select $"{match.Groups[1].Value} {match.Groups[2].Value}",
        ];

        Assert.NotEmpty(named);
        Assert.Equal(named.Distinct().Order(), Named(ResourceRow()));
    }

    private static IEnumerable<string> Named(Regex row) =>
        row.Matches(s_readme).Select(static match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Order();

    // "$(Name)" is the value that the property has unless it is given.
    private static string Evaluate(XElement props, string version) => version.StartsWith("$(", StringComparison.Ordinal)
        ? props.Elements("PropertyGroup").Elements(version[2..^1]).Single().Value
        : version;

    [GeneratedRegex(@"^\| `([\w.]+)` \| (\d+\.\S+) \| \[\w+\]\((\S+)\) \|$", RegexOptions.Multiline)]
    private static partial Regex PackageRow();

    [GeneratedRegex(@"^\| `(Microsoft[\w./]+)` \| (\d{4}-\d\d-\d\d) \|$", RegexOptions.Multiline)]
    private static partial Regex ResourceRow();

    [GeneratedRegex("'(Microsoft[^'@]+)@([^']+)'")]
    private static partial Regex Resource();
}
