namespace DurableSessions.Semantics.Chat;

/// <summary>The model, and the limits of its requests.</summary>
public sealed record ChatModelOptions
{
    /// <summary>
    /// The address of the API, with its version: <c>https://api.openai.com/v1</c>, <c>https://NAME.openai.azure.com/openai/v1</c>,
    /// <c>http://localhost:11434/v1</c>.
    /// </summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The name of the model or deployment.</summary>
    public required string Model { get; init; }

    /// <summary>The context window: tokens of a request and its response together.</summary>
    public int ContextTokens { get; init; } = 32_000;

    /// <summary>The most tokens of a response.</summary>
    public int AnswerTokens { get; init; } = 4_000;

    /// <summary>Concurrent requests.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Requests per minute.</summary>
    public int RequestsPerMinute { get; init; } = 500;

    /// <summary>Tokens per minute; a request counts with <see cref="AnswerTokens"/> for its response.</summary>
    public int TokensPerMinute { get; init; } = 1_000_000;

    /// <summary>The timeout of one attempt of a request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The most retries of a request that failed without a response or with 408, 429 or 5xx; a <c>Retry-After</c> is honoured.
    /// </summary>
    public int Retries { get; init; } = 3;

    /// <summary>The delay before the first retry, where the server sends no <c>Retry-After</c>; it doubles with every retry.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the circuit breaker stays open at most, after at least half of at least 4 requests within 30 s have failed: a second at
    /// first, and twice as long after each question that is asked then and fails too.
    /// </summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What happens to digests while the circuit breaker is open.</summary>
    public WhenUnavailable WhenUnavailable { get; init; }
}
