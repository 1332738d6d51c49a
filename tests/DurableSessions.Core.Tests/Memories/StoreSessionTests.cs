using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Memories;

/// <summary>The sessions that openclaw's tool <c>memory_store</c> makes.</summary>
public sealed class StoreSessionTests(SimulatedFixture storage)
{
    [Theory]
    [InlineData("memory-store-1732800000000-a1b2c3", true)]
    [InlineData("my-memory-store-1", false)]
    [InlineData("memory", false)]
    public async Task All_that_is_said_in_them_is_to_be_stored(string session, bool expected)
    {
        using Host host = await Host.RunAsync(storage, (await storage.NewContainerAsync()).Name);
        var key = new SessionKey("acme", "ada", session);
        await host.AppendAsync(key, "The cat is called Miso.");
        await host.CommitToEndAsync(key);
        Assert.Equal(expected, host.Processor.StoresAll);
    }
}
