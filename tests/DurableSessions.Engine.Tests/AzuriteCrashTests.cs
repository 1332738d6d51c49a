using DurableSessions.Testing;

namespace DurableSessions.Engine.Tests;

/// <summary>A sample of <see cref="CrashTests"/> on Azurite and the clock of the system, with the same results.</summary>
public sealed class AzuriteCrashTests(AzuriteFixture azurite) : CrashTest(azurite)
{
    [Theory]
    [InlineData(4, true)]
    [InlineData(6, false)]
    public Task A_host_may_die(int number, bool carriesOutTheLast) =>
        RunAsync(async () => Assert.True(await DieAtAsync(number, carriesOutTheLast)));

    [Theory]
    [InlineData(3, "answer dropped", true)]
    [InlineData(4, "sent twice", true)]
    [InlineData(6, "late", false)]
    public Task A_request_may_be_lost_or_doubled(int number, string fault, bool fresh) =>
        RunAsync(async () => Assert.True(await DisturbAtAsync(number, fault, fresh)));
}
