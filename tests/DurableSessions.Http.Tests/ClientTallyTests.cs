using DurableSessions.Http.Limits;

namespace DurableSessions.Http.Tests;

public sealed class ClientTallyTests
{
    [Fact]
    public void Each_client_has_what_it_took_and_nothing_is_given_back_twice()
    {
        var tally = new ClientTally();
        tally.Add("a", 2);
        tally.Add("b", 1);
        tally.Add("a", -1);
        Assert.Equal((1, 1, 0, 2), (tally.Of("a"), tally.Of("b"), tally.Of("c"), tally.All));
        tally.Add("a", -1);
        Assert.Throws<ArgumentOutOfRangeException>(() => tally.Add("a", -1));
        Assert.Equal((0, 1), (tally.Of("a"), tally.All));
    }
}
