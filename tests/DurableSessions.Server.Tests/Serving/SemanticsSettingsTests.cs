using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Hosting;
using DurableSessions.Semantics.Chat;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Server.Tests.Serving;

public sealed class SemanticsSettingsTests
{
    [Fact]
    public void Without_an_endpoint_the_built_in_digest_is_all()
    {
        Assert.Null(Read().Endpoint);
        Assert.True(ReadPolicy().FallBack);
        Assert.Equal(TimeSpan.FromSeconds(600), ReadPolicy().Timeout);
        using ServiceProvider services = SettingsHost.Build(("Semantics:Endpoint", ""));
        Assert.Null(services.GetKeyedService<ISemanticProcessor>(SemanticProcessors.ConfiguredKey));
    }

    [Fact]
    public void A_model_is_read_with_its_limits()
    {
        string[] values =
        [
            "Endpoint=http://localhost:11434/v1", "Model=qwen3", "Key=secret", "ContextTokens=16000", "WhenAway=wait", "WhenFailed=fail",
            "TokensPerMinute=20000", "RequestTimeoutSeconds=7", "TimeoutSeconds=8",
        ];
        ChatModelOptions model = Read(values).ToOptions();
        Assert.Equal(
            new ChatModelOptions
            {
                Endpoint = new Uri("http://localhost:11434/v1"),
                Model = "qwen3",
                ContextTokens = 16_000,
                TokensPerMinute = 20_000,
                Timeout = TimeSpan.FromSeconds(7),
                WhenUnavailable = WhenUnavailable.Wait,
            },
            model);
        Assert.Equal("secret", StoreServices.Credential(Read(values)).Key);
        Assert.Equal(new SemanticPolicy { FallBack = false, Timeout = TimeSpan.FromSeconds(8) }, ReadPolicy(values));
        using ServiceProvider services = SettingsHost.Build(Settings(values));
        Assert.NotNull(services.GetKeyedService<ISemanticProcessor>(SemanticProcessors.ConfiguredKey));
    }

    [Fact]
    public void An_empty_value_is_none()
    {
        ChatSettings settings = Read("Endpoint=http://localhost/v1", "Model=m", "AnswerTokens=", "WhenAway=", "Key=", "WhenFailed=");
        ChatModelOptions model = settings.ToOptions();
        Assert.Equal(new ChatModelOptions { Endpoint = new Uri("http://localhost/v1"), Model = "m" }, model);
    }

    [Fact]
    public void Azure_without_a_key_is_asked_as_an_identity_and_others_without_a_credential()
    {
        Assert.NotNull(StoreServices.Credential(Read("Endpoint=https://x.openai.azure.com/openai/v1", "Model=m")).GetTokenAsync);
        Assert.Equal(new ChatCredential(), StoreServices.Credential(Read("Endpoint=http://localhost:1/v1", "Model=m")));
    }

    [Theory]
    [InlineData("https://x.blob.core.azure.com/v1")]
    [InlineData("https://x.eastus.cloudapp.azure.com/v1")]
    [InlineData("https://openai.azure.com.example.org/v1")]
    [InlineData("https://xopenai.azure.com/v1")]
    [InlineData("http://x.openai.azure.com/v1", "AllowHttp=true")]
    public void A_token_of_the_servers_identity_goes_to_no_other_host(string endpoint, params string[] values) =>
        Assert.Equal(new ChatCredential(), StoreServices.Credential(Read([$"Endpoint={endpoint}", "Model=m", .. values])));

    [Theory]
    [InlineData("http://localhost:11434/v1")]
    [InlineData("http://127.0.0.1/v1")]
    [InlineData("http://[::1]/v1")]
    [InlineData("http://ollama:11434/v1", "AllowHttp=true")]
    public void An_endpoint_in_clear_text_is_on_this_machine_or_allowed(string endpoint, params string[] values) =>
        Assert.Equal(new Uri(endpoint), Read([$"Endpoint={endpoint}", "Model=m", .. values]).ToOptions().Endpoint);

    [Theory]
    [InlineData("Semantics:Endpoint", "Endpoint=localhost")]
    [InlineData("Semantics:Endpoint", "Endpoint=ftp://x/v1")]
    [InlineData("Semantics:Endpoint", "Endpoint=http://", "Model=m")]
    [InlineData("Semantics:Endpoint", "Endpoint=http://ollama:11434/v1", "Model=m")]
    [InlineData("Semantics:AllowHttp", "AllowHttp=maybe")]
    [InlineData("Semantics:Model", "Endpoint=http://localhost/v1")]
    [InlineData("Semantics:ContextTokens", "Endpoint=http://localhost/v1", "Model=m", "ContextTokens=100")]
    [InlineData("Semantics:ContextTokens", "Endpoint=http://localhost/v1", "Model=m", "ContextTokens=9000")]
    [InlineData("Semantics:Concurrency", "Endpoint=http://localhost/v1", "Model=m", "Concurrency=0")]
    [InlineData("Semantics:RequestsPerMinute", "Endpoint=http://localhost/v1", "Model=m", "RequestsPerMinute=many")]
    [InlineData("Semantics:WhenAway", "Endpoint=http://localhost/v1", "Model=m", "WhenAway=cry")]
    [InlineData("Semantics:ContextTokens", "AnswerTokens=14001")]
    [InlineData("Semantics:AnswerTokens", "AnswerTokens=499")]
    [InlineData("Semantics:TokensPerMinute", "TokensPerMinute=999")]
    [InlineData("Semantics:RequestTimeoutSeconds", "RequestTimeoutSeconds=3601")]
    [InlineData("Semantics:TimeoutSeconds", "TimeoutSeconds=86401")]
    [InlineData("Semantics:WhenFailed", "WhenFailed=cry")]
    [InlineData("Semantics:WhenFailed", "WhenFailed=Fail")]
    public void What_is_wrong_is_reported_in_one_line(string name, params string[] values)
    {
        string message = SettingsHost.Error(Settings(values));
        Assert.StartsWith(name + " '", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_password_in_the_address_is_refused_and_not_repeated()
    {
        string message = SettingsHost.Error(Settings(["Endpoint=https://ada:secret@example.org/v1", "Model=m"]));
        Assert.StartsWith("Semantics:Endpoint has", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    private static ChatSettings Read(params string[] values) => SettingsHost.Read<ChatSettings>(Settings(values));

    private static SemanticPolicy ReadPolicy(params string[] values) => SettingsHost.Read<SessionOptions>(Settings(values)).Semantic;

    private static (string Key, string? Value)[] Settings(string[] values) =>
        [.. values.Select(static v => v.Split('=', 2)).Select(static v => ("Semantics:" + v[0], (string?)v[1]))];
}
