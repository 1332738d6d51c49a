namespace DurableSessions.Semantics.Chat;

/// <summary>Which model, and what may be asked of it.</summary>
public sealed record ChatModelOptions
{
    /// <summary>The address of the API, with its version: <c>https://api.openai.com/v1</c>, <c>https://NAME.openai.azure.com/openai/v1</c>, <c>http://localhost:11434/v1</c>.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The model, or the deployment.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens that a question and its answer may have together.</summary>
    public int ContextTokens { get; init; } = 32_000;

    /// <summary>Tokens that an answer may have.</summary>
    public int AnswerTokens { get; init; } = 4_000;

    /// <summary>Questions at the same time.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Questions in a minute.</summary>
    public int RequestsPerMinute { get; init; } = 500;

    /// <summary>Tokens in a minute, questions and the most that their answers may have.</summary>
    public int TokensPerMinute { get; init; } = 1_000_000;

    /// <summary>How long one question may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a question is sent again that failed on the way, or was answered 408, 429 or 5xx; a <c>Retry-After</c> is honoured.</summary>
    public int Retries { get; init; } = 3;

    /// <summary>The wait before the first of these, where the server names none; it doubles.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For how long the model is not asked after most questions of half a minute have failed.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What happens to digests meanwhile.</summary>
    public WhenUnavailable WhenUnavailable { get; init; }
}
