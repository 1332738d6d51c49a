using System.ComponentModel.DataAnnotations;
using DurableSessions.Core.Configuration;
using Microsoft.Extensions.Configuration;

namespace DurableSessions.Semantics.Chat;

/// <summary>
/// What the section <c>Semantics</c> of a host's settings says of the model, besides what it says of any digest:
/// <see cref="SemanticSettings"/>.
/// </summary>
public sealed class ChatSettings
{
    /// <summary>The name of the section.</summary>
    public const string Section = SemanticSettings.Section;

    private const string NoNumber = "{0} is not a whole number from {1} to {2}.";
    private const string FallBack = "fallback";
    private const string Wait = "wait";

    private static readonly ChatModelOptions s_defaults = new() { Endpoint = new Uri("http://localhost"), Model = "" };

    /// <summary><see cref="ChatModelOptions.Endpoint"/>; <see langword="null"/>: there is no model.</summary>
    [RegularExpression(
        "(?i:https?)://.+",
        ErrorMessage = "{0} is not the URL of an OpenAI-compatible API, such as https://api.openai.com/v1.")]
    public Uri? Endpoint { get; set; }

    /// <summary>
    /// Whether <see cref="Endpoint"/> may be <c>http</c> beyond loopback: then conversations, and the key, cross the network in clear text.
    /// </summary>
    [AllowedValues(true, false, ErrorMessage = "{0} is not true or false.")]
    public bool AllowHttp { get; set; }

    /// <summary>The name of the model or deployment; needed where <see cref="Endpoint"/> is set.</summary>
    public string? Model { get; set; }

    /// <summary>An API key; <see langword="null"/> where requests carry another credential, or none.</summary>
    public string? Key { get; set; }

    /// <summary>
    /// <see cref="ChatModelOptions.ContextTokens"/>: 8,000 to 10,000,000, and at least 4,000 more than twice <see cref="AnswerTokens"/>.
    /// </summary>
    [Range(8_000, 10_000_000, ErrorMessage = NoNumber)]
    public int ContextTokens { get; set; } = s_defaults.ContextTokens;

    /// <summary><see cref="ChatModelOptions.AnswerTokens"/>: 500 to 100,000.</summary>
    [Range(500, 100_000, ErrorMessage = NoNumber)]
    public int AnswerTokens { get; set; } = s_defaults.AnswerTokens;

    /// <summary><see cref="ChatModelOptions.Concurrency"/>: 1 to 1,000.</summary>
    [Range(1, 1_000, ErrorMessage = NoNumber)]
    public int Concurrency { get; set; } = s_defaults.Concurrency;

    /// <summary><see cref="ChatModelOptions.RequestsPerMinute"/>: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000, ErrorMessage = NoNumber)]
    public int RequestsPerMinute { get; set; } = s_defaults.RequestsPerMinute;

    /// <summary><see cref="ChatModelOptions.TokensPerMinute"/>: 1,000 to 1,000,000,000.</summary>
    [Range(1_000, 1_000_000_000, ErrorMessage = NoNumber)]
    public int TokensPerMinute { get; set; } = s_defaults.TokensPerMinute;

    /// <summary><see cref="ChatModelOptions.Timeout"/> in seconds: 1 to 3,600.</summary>
    [Range(1, 3_600, ErrorMessage = NoNumber)]
    public int RequestTimeoutSeconds { get; set; } = 60;

    /// <summary><c>fallback</c>, the default, or <c>wait</c>; see <see cref="ChatModelOptions.WhenUnavailable"/>.</summary>
    [ConfigurationKeyName("WhenAway")]
    [AllowedValues(FallBack, Wait, ErrorMessage = "{0} is not fallback or wait.")]
    public string WhenUnavailable { get; set => field = value.Trim(); } = FallBack;

    /// <summary>The options of the model.</summary>
    /// <exception cref="InvalidOperationException">There is no endpoint or no name of a model.</exception>
    public ChatModelOptions ToOptions() => new()
    {
        Endpoint = Endpoint ?? throw new InvalidOperationException($"{Section}:{nameof(Endpoint)} is not set."),
        Model = Model?.Trim() ?? throw new InvalidOperationException($"{Section}:{nameof(Model)} is not set."),
        ContextTokens = ContextTokens,
        AnswerTokens = AnswerTokens,
        Concurrency = Concurrency,
        RequestsPerMinute = RequestsPerMinute,
        TokensPerMinute = TokensPerMinute,
        Timeout = TimeSpan.FromSeconds(RequestTimeoutSeconds),
        WhenUnavailable = WhenUnavailable == Wait ? Chat.WhenUnavailable.Wait : Chat.WhenUnavailable.FallBack,
    };
}
