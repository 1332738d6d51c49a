using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Tests;

/// <summary>A host whose options are out of bounds does not start, and says which one it is.</summary>
[Collection(nameof(Simulated))]
public class OptionsTests
{
    public static TheoryData<string> Names => [.. s_wrong.Keys];

    private static readonly Dictionary<string, Action<SessionOptions>> s_wrong = new()
    {
        [nameof(SessionOptions.IdempotencyWindow)] = static o => o.IdempotencyWindow = TimeSpan.FromDays(31),
        [nameof(SessionOptions.RepetitionWindow)] = static o => o.RepetitionWindow = TimeSpan.FromDays(2),
        [nameof(SessionOptions.BlocksPerSegment)] = static o => o.BlocksPerSegment = 50_001,
        [nameof(SessionOptions.MaxPendingCommits)] = static o => o.MaxPendingCommits = 0,
        [nameof(SessionOptions.MaxUncoveredArchives)] = static o => o.MaxUncoveredArchives = 0,
        [nameof(SessionOptions.MaxQueuedBytes)] = static o => o.MaxQueuedBytes = 0,
        [nameof(SessionOptions.MaxCacheBytes)] = static o => o.MaxCacheBytes = 1024,
        [nameof(SemanticPolicy.MaxAttempts)] = static o => o.Semantic = new SemanticPolicy { MaxAttempts = 0 },
        [nameof(SemanticPolicy.FirstRetryInterval)] =
            static o => o.Semantic = new SemanticPolicy { FirstRetryInterval = TimeSpan.FromSeconds(-1) },
        [nameof(SemanticPolicy.Timeout)] = static o => o.Semantic = new SemanticPolicy { Timeout = TimeSpan.Zero },
        [nameof(SessionOptions.TaskRetention)] = static o => o.TaskRetention = TimeSpan.FromHours(23),
        [nameof(SessionOptions.SessionRetention)] = static o => o.SessionRetention = TimeSpan.FromHours(23),
        [nameof(SessionOptions.ArchiveRetention)] = static o => o.ArchiveRetention = TimeSpan.FromHours(47),
        [nameof(SessionOptions.TombstoneRetention)] = static o => o.TombstoneRetention = TimeSpan.FromSeconds(-1),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task One_of_the_store(string name) =>
        Assert.Contains(name, await StartAsync(s_wrong[name], static _ => { }), StringComparison.Ordinal);

    [Fact]
    public async Task Repetitions_that_are_to_be_known_for_longer_than_what_came_before() => Assert.Contains(
        nameof(SessionOptions.RepetitionWindow),
        await StartAsync(
            static o =>
            {
                o.IdempotencyWindow = TimeSpan.FromMinutes(1);
                o.RepetitionWindow = TimeSpan.FromMinutes(2);
            },
            static _ => { }),
        StringComparison.Ordinal);

    [Fact]
    public async Task One_of_the_engine() => Assert.Contains(
        nameof(EngineOptions.Ownership),
        await StartAsync(static _ => { }, static o => o.Ownership = TimeSpan.Zero),
        StringComparison.Ordinal);

    [Fact]
    public async Task The_defaults_are_within_their_bounds() => Assert.Equal("", await StartAsync(static _ => { }, static _ => { }));

    // What the host runs before its first hosted service.
    private static async Task<string> StartAsync(Action<SessionOptions> store, Action<EngineOptions> engine)
    {
        string error = "";
        await Simulated.RunAsync(async cluster =>
        {
            SessionStorage storage = await cluster.ConnectAsync((await cluster.NewContainerAsync()).Name);
            var services = new ServiceCollection();
            services.AddDurableSessions(storage).Configure(store);
            services.AddEmbeddedEngine(storage.Container, storage.Unretried).Configure(engine);
            await using ServiceProvider provider = services.BuildServiceProvider();
            try
            {
                provider.GetRequiredService<IStartupValidator>().Validate();
            }
            catch (OptionsValidationException e)
            {
                error = e.Message;
            }
        });
        return error;
    }
}
