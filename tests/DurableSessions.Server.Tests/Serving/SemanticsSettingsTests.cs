using DurableSessions.Semantics.Chat;
using DurableSessions.Server.Serving;
using Microsoft.Extensions.Configuration;

namespace DurableSessions.Server.Tests.Serving;

public sealed class SemanticsSettingsTests
{
    [Fact]
    public void Without_an_endpoint_the_built_in_digest_is_all()
    {
        SemanticsSettings settings = Read();
        Assert.Null(settings.Model);
        Assert.True(settings.Policy.FallBack);
    }

    [Fact]
    public void A_model_is_read_with_its_limits()
    {
        SemanticsSettings settings = Read(
            "Endpoint=http://localhost:11434/v1",
            "Model=qwen3",
            "Key=secret",
            "ContextTokens=16000",
            "WhenAway=wait",
            "WhenFailed=fail",
            "TokensPerMinute=20000");
        Assert.Equal("qwen3", settings.Model!.Model);
        Assert.Equal((16_000, 4_000, 20_000), (settings.Model.ContextTokens, settings.Model.AnswerTokens, settings.Model.TokensPerMinute));
        Assert.Equal(WhenUnavailable.Wait, settings.Model.WhenUnavailable);
        Assert.Equal("secret", settings.Credential.Key);
        Assert.False(settings.Policy.FallBack);
    }

    [Fact]
    public void Azure_without_a_key_is_asked_as_an_identity_and_others_without_a_credential()
    {
        Assert.NotNull(Read("Endpoint=https://x.openai.azure.com/openai/v1", "Model=m").Credential.GetTokenAsync);
        Assert.Equal(new ChatCredential(), Read("Endpoint=http://localhost:1/v1", "Model=m").Credential);
    }

    [Theory]
    [InlineData("Semantics:Endpoint", "Endpoint=localhost")]
    [InlineData("Semantics:Endpoint", "Endpoint=ftp://x/v1")]
    [InlineData("Semantics:Model", "Endpoint=http://localhost/v1")]
    [InlineData("Semantics:ContextTokens", "Endpoint=http://localhost/v1", "Model=m", "ContextTokens=100")]
    [InlineData("Semantics:ContextTokens", "Endpoint=http://localhost/v1", "Model=m", "ContextTokens=9000")]
    [InlineData("Semantics:Concurrency", "Endpoint=http://localhost/v1", "Model=m", "Concurrency=0")]
    [InlineData("Semantics:RequestsPerMinute", "Endpoint=http://localhost/v1", "Model=m", "RequestsPerMinute=many")]
    [InlineData("Semantics:WhenAway", "Endpoint=http://localhost/v1", "Model=m", "WhenAway=cry")]
    [InlineData("Semantics:WhenFailed", "WhenFailed=cry")]
    public void What_is_wrong_is_reported_in_one_line(string name, params string[] values)
    {
        string message = Assert.Throws<StartException>(() => Read(values)).Message;
        Assert.StartsWith(name + " '", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private static SemanticsSettings Read(params string[] values) => SemanticsSettings.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(values
            .Select(static v => v.Split('=', 2))
            .Select(static v => KeyValuePair.Create("Semantics:" + v[0], (string?)v[1])))
        .Build());
}
