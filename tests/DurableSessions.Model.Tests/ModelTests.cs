using System.Reflection;
using DurableSessions.Core.State;
using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests;

public sealed class ModelTests(ITestOutputHelper output)
{
    private const int LargeLimit = 20_000_000;

    public static TheoryData<string> Large => [.. Configurations.Large];

    /// <summary>One test, so that the transitions that were reached can be asked for over all of them.</summary>
    [Fact]
    public void Every_state_of_the_small_configurations_keeps_the_promises_and_they_reach_every_transition()
    {
        var changed = new HashSet<Operation>();
        var counted = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string name in Configurations.Small)
        {
            SearchResult result = Check(name);
            Assert.True(result.IsComplete, result.ToString());
            Assert.True(result.Ends > 0, result.ToString());
            changed.UnionWith(result.Changed);
            counted.Add(name, result.States);
        }

        Assert.Equal(Enum.GetValues<Operation>(), changed.Order());
        Assert.Equivalent(counted, Readme.Counts, strict: true);
        Assert.Equal(Math.Round(counted.Values.Sum() / 1_000_000m, 1), Readme.Millions);
    }

    /// <summary>The last configuration has each kind of process: too many states to search, so that it is walked through.</summary>
    [Fact]
    public void Random_histories_with_each_kind_of_process_keep_the_promises() => CheckWalks(seed: 1, walks: 5_000);

    [Fact(Explicit = true)]
    public void Many_random_histories_with_each_kind_of_process_keep_the_promises() => CheckWalks(seed: 2, walks: 500_000);

    [Theory(Explicit = true)]
    [MemberData(nameof(Large))]
    public void States_of_a_large_configuration_keep_the_promises(string name)
    {
        SearchResult result = Check(name, LargeLimit);
        Assert.Equal(result.IsComplete ? result.States : null, Readme.FindLarge(name));
    }

    [Fact]
    public void Every_transition_of_the_product_is_in_the_model()
    {
        // One changes counts that no step rests on. The other one needs three archives, more than a search of all states can have.
        string[] others = [nameof(Transitions.CountUsed), nameof(Transitions.ExpireArchives)];
        IEnumerable<string> transitions = typeof(Transitions).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(static m => m.ReturnType == typeof(Transition))
            .Select(static m => m.Name);
        Assert.Equal(transitions.Order(StringComparer.Ordinal), Enum.GetNames<Operation>().Concat(others).Order(StringComparer.Ordinal));
    }

    private void CheckWalks(int seed, int walks)
    {
        SearchResult result = new Walk(Configurations.Get(Configurations.Everything), seed).Run(walks);
        output.WriteLine(result.ToString());
        Assert.True(result.Violation is null, result.ToString());
        Assert.True(result.Ends > walks / 2, result.ToString());
    }

    private SearchResult Check(string name, int limit = int.MaxValue)
    {
        SearchResult result = new Search(Configurations.Get(name), limit).Run();
        output.WriteLine(result.ToString());
        Assert.True(result.Violation is null, result.ToString());
        return result;
    }
}
