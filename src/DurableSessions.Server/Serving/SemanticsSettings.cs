using System.Globalization;
using Azure.Core;
using Azure.Identity;
using DurableSessions.Core.Semantics;
using DurableSessions.Semantics.Chat;

namespace DurableSessions.Server.Serving;

/// <summary>Which digest the server uses, and what happens when it fails.</summary>
/// <param name="Model">The chat model; null for the built-in digest.</param>
/// <param name="Credential">What its requests are signed with.</param>
/// <param name="Policy">How the semantic step is tried.</param>
internal sealed record SemanticsSettings(ChatModelOptions? Model, ChatCredential Credential, SemanticPolicy Policy)
{
    private const string Section = "Semantics";
    private const string IdentityScope = "https://cognitiveservices.azure.com/.default";

    /// <summary>Reads the section <c>Semantics</c>.</summary>
    /// <exception cref="StartException">A value is invalid or out of bounds.</exception>
    public static SemanticsSettings Read(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        string whenFailed = Text(section, "WhenFailed") ?? "fallback";
        var policy = new SemanticPolicy
        {
            FallBack = whenFailed is "fallback" or "fail"
                ? whenFailed == "fallback"
                : throw Wrong("WhenFailed", whenFailed, "fallback or fail"),
            Timeout = TimeSpan.FromSeconds(Number(section, "TimeoutSeconds", 600, 1, 86_400)),
        };
        if (Text(section, "Endpoint") is not { } endpoint)
        {
            return new SemanticsSettings(null, new ChatCredential(), policy);
        }

        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw Wrong("Endpoint", endpoint, "the URL of an OpenAI-compatible API, such as https://api.openai.com/v1");
        }

        string whenUnavailable = Text(section, "WhenAway") ?? "fallback";
        string name = Text(section, "Model") ?? throw Wrong("Model", "", "the name of a model, where Semantics:Endpoint is set");
        var defaults = new ChatModelOptions { Endpoint = uri, Model = name };
        ChatModelOptions model = defaults with
        {
            ContextTokens = Number(section, "ContextTokens", defaults.ContextTokens, 8_000, 10_000_000),
            AnswerTokens = Number(section, "AnswerTokens", defaults.AnswerTokens, 500, 100_000),
            Concurrency = Number(section, "Concurrency", defaults.Concurrency, 1, 1_000),
            RequestsPerMinute = Number(section, "RequestsPerMinute", defaults.RequestsPerMinute, 1, 1_000_000),
            TokensPerMinute = Number(section, "TokensPerMinute", defaults.TokensPerMinute, 1_000, 1_000_000_000),
            Timeout = TimeSpan.FromSeconds(Number(section, "RequestTimeoutSeconds", 60, 1, 3_600)),
            WhenUnavailable = whenUnavailable switch
            {
                "fallback" => WhenUnavailable.FallBack,
                "wait" => WhenUnavailable.Wait,
                _ => throw Wrong("WhenAway", whenUnavailable, "fallback or wait"),
            },
        };
        return model.ContextTokens >= (2 * model.AnswerTokens) + 4_000
            ? new SemanticsSettings(model, ReadCredential(section, uri), policy)
            : throw Wrong(
                "ContextTokens",
                model.ContextTokens.ToString(CultureInfo.InvariantCulture),
                "at least twice Semantics:AnswerTokens and 4000 more");
    }

    // Without a key, requests to Azure carry a token of the server's identity; requests to other endpoints carry no credential.
    private static ChatCredential ReadCredential(IConfigurationSection section, Uri endpoint)
    {
        if (Text(section, "Key") is { } key)
        {
            return new ChatCredential(key);
        }

        if (!endpoint.Host.EndsWith(".azure.com", StringComparison.OrdinalIgnoreCase))
        {
            return new ChatCredential();
        }

        var identity = new DefaultAzureCredential();
        return new ChatCredential(GetTokenAsync: async cancellationToken =>
            (await identity.GetTokenAsync(new TokenRequestContext([IdentityScope]), cancellationToken)).Token);
    }

    private static string? Text(IConfigurationSection section, string name) => section[name] is { Length: > 0 } value ? value.Trim() : null;

    private static int Number(IConfigurationSection section, string name, int otherwise, int min, int max) =>
        Text(section, name) is not { } text
        ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max
            ? value
            : throw Wrong(name, text, string.Create(CultureInfo.InvariantCulture, $"an integer, {min} to {max}"));

    private static StartException Wrong(string name, string value, string expected) =>
        new($"{Section}:{name} '{value}' is not {expected}.");
}
