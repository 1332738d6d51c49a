using DurableSessions.Core.Storage;
using DurableSessions.Http.Keys;
using DurableSessions.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting.Internal;

namespace DurableSessions.Http.Tests;

/// <summary>Whether a Functions app may serve.</summary>
public sealed class AuthPlaceTests
{
    private const string NoKeys = "There are no keys, so any client that reaches this app could read and change every session.";
    private const string Open = "Auth:Mode is dev, so any client that reaches this app could read and change every session.";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Development", null, null, null)]
    [InlineData("Development", null, "dev", null)]
    [InlineData("Development", null, "keys", "There are no keys, and Auth:Mode is keys.")]
    [InlineData("Development", "WEBSITE_INSTANCE_ID", null, NoKeys)]
    [InlineData("Development", "WEBSITE_SITE_NAME", null, NoKeys)]
    [InlineData("Development", "CONTAINER_APP_NAME", null, NoKeys)]
    [InlineData("Development", "WEBSITE_SITE_NAME", "dev", Open)]
    [InlineData("Production", null, null, NoKeys)]
    [InlineData("Production", null, "dev", Open)]
    public async Task An_app_without_keys(string environment, string? variable, string? mode, string? refusal)
    {
        string? actual = Place(environment, variable).Refuse(new AuthSettings { Mode = mode }, await LoadAsync(withKey: false));

        if (refusal is null)
        {
            Assert.Null(actual);
        }
        else
        {
            Assert.StartsWith(refusal, actual, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Development", null, null, true)]
    [InlineData("Production", "WEBSITE_SITE_NAME", null, true)]
    [InlineData("Production", "WEBSITE_SITE_NAME", "keys", true)]
    [InlineData("Development", null, "dev", false)]
    public async Task An_app_with_a_key(string environment, string? variable, string? mode, bool serves) => Assert.Equal(
        serves, Place(environment, variable).Refuse(new AuthSettings { Mode = mode }, await LoadAsync(withKey: true)) is null);

    private static AuthPlace Place(string environment, string? variable)
    {
        Dictionary<string, string?> variables = variable is null ? [] : new() { [variable] = "x" };
        return AuthPlace.OfFunctions(
            new ConfigurationBuilder().AddInMemoryCollection(variables).Build(), new HostingEnvironment { EnvironmentName = environment });
    }

    private static async Task<KeyRing> LoadAsync(bool withKey)
    {
        SessionStorage storage = new SimulatedStorage().Connect("keys");
        await storage.Container.CreateAsync(cancellationToken: Cancelled);
        var store = new KeyStore(storage.Container, TimeProvider.System);
        if (withKey)
        {
            await store.AddAsync("acme", "ann", Cancelled);
        }

        var ring = new KeyRing(store, TimeProvider.System);
        await ring.LoadAsync(Cancelled);
        return ring;
    }
}
