using DurableSessions.Model.Tests.Checking;

namespace DurableSessions.Model.Tests;

public sealed class ModelTests(ITestOutputHelper output)
{
    [Fact]
    public void Zombie() => Check(Configurations.Zombie(Safeguards.None));

    private void Check(Configuration configuration, int limit = int.MaxValue)
    {
        SearchResult result = new Search(configuration, limit).Run();
        output.WriteLine(result.ToString());
        Assert.True(result.Violation is null, result.ToString());
        Assert.True(result.IsComplete, result.ToString());
    }
}
