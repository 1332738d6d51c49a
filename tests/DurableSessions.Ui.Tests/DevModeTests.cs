using DurableSessions.Core.Identities;
using DurableSessions.Testing;
using DurableSessions.Ui.Tests.Hosting;

namespace DurableSessions.Ui.Tests;

/// <summary>A host without keys: the query says whose data is shown.</summary>
public sealed class DevModeTests(SimulatedFixture storage)
{
    [Fact]
    public async Task Shows_all_to_this_machine_alone()
    {
        await using UiHost host = await UiHost.StartAsync(storage, (await storage.NewContainerAsync()).Name, withEngine: false);
        await host.AppendAsync(new SessionKey("default", "default", "mine"), ("user", "Hello"));
        await host.AppendAsync(new SessionKey("acme", "ann", "hers"), ("user", "Hello"));
        using Visitor visitor = host.Visit();

        Assert.Equal("/ui/sessions", (await visitor.GetAsync("/ui")).Header("Location"));
        Seen mine = await visitor.GetAsync("/ui/sessions");
        Assert.Contains("href=\"/ui/sessions/mine\"", mine.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Sign out", mine.Text, StringComparison.Ordinal);
        Seen hers = await visitor.GetAsync("/ui/sessions?account=acme&user=ann");
        Assert.Contains("href=\"/ui/sessions/hers?account=acme&amp;user=ann\"", hers.Text, StringComparison.Ordinal);
        Seen wrong = await visitor.GetAsync("/ui/sessions?account=a/b");
        Assert.Equal(400, wrong.Status);
        FoundationTests.AssertHeaders(wrong);

        Assert.Equal(403, (await visitor.GetAsync("/ui/sessions", ("Host", "evil.example"))).Status);
        Assert.Equal(403, (await visitor.GetAsync("/ui/sessions", ("X-Forwarded-For", "192.0.2.1"))).Status);

        // A cookie of the time when there were keys.
        Assert.Equal(200, (await visitor.GetAsync("/ui/sessions", ("Cookie", "durable_sessions_key=dsk_old"))).Status);
    }
}
