using DurableSessions.Core.Commits;
using DurableSessions.Engine;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>What the server sets of its embedded engine, beside the settings of its operator.</summary>
public sealed class EngineServicesTests
{
    [Fact]
    public void Archives_that_are_digested_again_take_no_more_than_two_places()
    {
        IServiceCollection services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddEmbeddedEngine();
        using ServiceProvider provider = services.BuildServiceProvider();
        EngineOptions engine = provider.GetRequiredService<IOptions<EngineOptions>>().Value;
        Assert.Equal(2, engine.MaxConcurrentActivitiesByName[CommitNames.DigestAgain]);
        Assert.Equal(2, engine.MaxConcurrentActivitiesByName[CommitNames.DigestArchive]);
        Assert.DoesNotContain(CommitNames.SemanticProcess, engine.MaxConcurrentActivitiesByName);
    }
}
