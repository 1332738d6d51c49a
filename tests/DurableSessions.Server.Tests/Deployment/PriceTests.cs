using DurableSessions.Testing;

namespace DurableSessions.Server.Tests.Deployment;

/// <summary>What <c>infra/prices/prices.sh</c> prints.</summary>
public sealed class PriceTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_README_has_the_tables_of_what_was_counted()
    {
        (int exitCode, string output, string errors) = await RunAsync();

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("a million commits", output);
        Assert.Contains(output, await File.ReadAllTextAsync(Repository.PathOf("infra/README.md")));
    }

    /// <remarks>Deletions are free, actions have no price; of a commit, the append is taken off.</remarks>
    [Fact]
    public async Task A_price_is_what_was_counted_times_its_unit()
    {
        string file = await WriteAsync("a,append,1,0.1,0,5,0,0,0.5,0", "a,append and commit,3,0.1,1,5,10,100,0.5,7");

        (int exitCode, string output, _) = await RunAsync(file);

        Assert.Equal(0, exitCode);
        Assert.Contains("| a: a million appends | 1.00 M | 0.10 M | 0 | 5.00 M | 0 | 0 | 0.50 M | 0 | $6.25 |\n", output);
        Assert.Contains("| a: a million commits | 2.00 M | 0 | 1.00 M | 0 | 10.00 M | 100.00 M | 0 | 7.00 M | $19.04+ |\n", output);
    }

    [Fact]
    public async Task A_line_that_lacks_a_count_is_named()
    {
        string file = await WriteAsync("a,append,1");

        (int exitCode, string output, string errors) = await RunAsync(file);

        Assert.Equal((1, "", $"prices: {file}, line 2: 3 fields, not 10\n"), (exitCode, output, errors));
    }

    private static async Task<string> WriteAsync(params string[] lines)
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("prices").FullName, "requests.csv");
        await File.WriteAllLinesAsync(file, ["way,what", .. lines]);
        return file;
    }

    private static async Task<ProgramRun> RunAsync(params string[] arguments)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is for a POSIX shell.");
        return await ProgramRun.OfAsync("sh", [Repository.PathOf("infra/prices/prices.sh"), .. arguments], s_timeout);
    }
}
