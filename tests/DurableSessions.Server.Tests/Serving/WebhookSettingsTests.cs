using DurableSessions.Core.Configuration;
using SessionOptions = DurableSessions.Core.Configuration.SessionOptions;

namespace DurableSessions.Server.Tests.Serving;

/// <summary>The section <c>Webhooks</c>.</summary>
public sealed class WebhookSettingsTests
{
    private const string Secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Fact]
    public void The_store_has_what_is_set()
    {
        Assert.Equal(new WebhookSettings(), SettingsHost.Read<SessionOptions>().Webhooks);
        Assert.Equal(
            new WebhookSettings
            {
                Url = "https://hooks.example/in",
                Secret = $"whsec_{Secret}",
                AllowFromCommits = true,
                TimeoutSeconds = 5,
            },
            SettingsHost.Read<SessionOptions>(
                ("Webhooks:Url", "https://hooks.example/in"), ("Webhooks:Secret", $"whsec_{Secret}"), ("Webhooks:AllowFromCommits", "true"),
                ("Webhooks:TimeoutSeconds", "5")).Webhooks);
        Assert.Equal("http://10.0.0.1/", SettingsHost.Read<SessionOptions>(
            ("Webhooks:Url", "http://10.0.0.1/"), ("Webhooks:Secret", Secret), ("Webhooks:AllowPrivate", "true")).Webhooks.Url);
    }

    [Theory]
    [InlineData("Url", "http://hooks.example/?token=hidden", "must be an absolute URL of https.")]
    [InlineData("Url", "https://user:hidden@hooks.example/", "must have no user and no password.")]
    [InlineData("Secret", "hidden", "is no secret of 24 to 64 bytes in base64")]
    [InlineData("TimeoutSeconds", "61", "is not a whole number from 1 to 60.")]
    public void What_is_not_valid_is_named_and_not_shown(string name, string value, string error)
    {
        var settings = new Dictionary<string, string?> { ["Webhooks:Secret"] = Secret, ["Webhooks:Url"] = "https://hooks.example/" };
        settings[$"Webhooks:{name}"] = value;
        string shown = SettingsHost.Error([.. settings.Select(static s => (s.Key, s.Value))]);
        Assert.StartsWith($"Webhooks:{name} ", shown, StringComparison.Ordinal);
        Assert.Contains(error, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Url", "https://hooks.example/")]
    [InlineData("AllowFromCommits", "true")]
    public void Nothing_is_reported_without_a_signature(string name, string value) => Assert.Equal(
        "Webhooks:Secret is missing: webhooks are signed.", SettingsHost.Error(($"Webhooks:{name}", value)));
}
