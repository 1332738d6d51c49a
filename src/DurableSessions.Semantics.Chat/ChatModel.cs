using System.ClientModel;
using System.ClientModel.Primitives;
using DurableSessions.Core.Semantics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Http.Resilience;
using OpenAI;
using Polly;
using Polly.CircuitBreaker;

namespace DurableSessions.Semantics.Chat;

/// <summary>A model behind an OpenAI-compatible API: OpenAI, Azure OpenAI, Ollama, vLLM and others. Thread-safe.</summary>
public sealed class ChatModel : IModelStatus, IDisposable
{
    private static readonly TimeSpan FirstBreak = TimeSpan.FromSeconds(1);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly HttpClient _http;
    private readonly CircuitBreakerChatClient _client;
    private readonly ChatRateLimiter _rateLimiter;

    /// <summary>Creates the client; no request is sent.</summary>
    /// <param name="options">The model and its limits.</param>
    /// <param name="credential">The credential of its requests.</param>
    /// <param name="time">The clock.</param>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA2000", Justification = "The client owns its handlers.")]
    public ChatModel(ChatModelOptions options, ChatCredential credential, TimeProvider time)
        : this(options, credential, time, Sockets())
    {
    }

    /// <summary>The same, with another HTTP handler in the place of sockets. For tests.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Reliability", "CA2000", Justification = "The client owns its handlers.")]
    internal ChatModel(ChatModelOptions options, ChatCredential credential, TimeProvider time, HttpMessageHandler transport)
    {
        HttpMessageHandler sender = new BufferedResponseHandler(transport);
        HttpMessageHandler signer = credential.GetTokenAsync is { } getToken ? new BearerTokenHandler(getToken, sender) : sender;
        _http = new HttpClient(new ResilienceHandler(Pipeline(options, time, _state)) { InnerHandler = signer })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var client = new OpenAIClient(
            new ApiKeyCredential(string.IsNullOrEmpty(credential.Key) ? "none" : credential.Key),
            new OpenAIClientOptions
            {
                Endpoint = options.Endpoint,
                Transport = new HttpClientPipelineTransport(_http),
                RetryPolicy = new ClientRetryPolicy(0),
                NetworkTimeout = Timeout.InfiniteTimeSpan,
            });

        // By the GenAI conventions: tokens, model, time; never what is said, whatever the environment asks for.
        IChatClient traced = client.GetChatClient(options.Model).AsIChatClient().AsBuilder()
            .UseOpenTelemetry(configure: static telemetry => telemetry.EnableSensitiveData = false)
            .Build();
        _client = new CircuitBreakerChatClient(traced, options.WhenUnavailable, time);
        _rateLimiter = new ChatRateLimiter(options);
        Processor = new ChatSemanticProcessor(_client, options, _rateLimiter);
    }

    /// <summary>The semantic processor that digests by this model.</summary>
    public ChatSemanticProcessor Processor { get; }

    /// <inheritdoc/>
    public bool IsAway => _state.CircuitState is not CircuitState.Closed;

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
        _rateLimiter.Dispose();
    }

    // A redirection could lead conversations, and the credential, to a host that the settings do not name.
    private static SocketsHttpHandler Sockets() => new()
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    private static ResiliencePipeline<HttpResponseMessage> Pipeline(
        ChatModelOptions options, TimeProvider time, CircuitBreakerStateProvider state)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time };
        if (options.Retries > 0)
        {
            builder.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldRetryAfterHeader = true,
            });
        }

        return builder
            .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = 4,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDurationGenerator = args => ValueTask.FromResult(BreakOf(args.HalfOpenAttempts, options.BreakDuration)),
                StateProvider = state,
            })
            .AddTimeout(options.Timeout)
            .Build();
    }

    // One question is let through after each. A model that is back is asked again after about as long as it was away, at most.
    private static TimeSpan BreakOf(int questionsInVain, TimeSpan longest)
    {
        TimeSpan doubled = FirstBreak * Math.Pow(2, Math.Min(questionsInVain, 16));
        return doubled < longest ? doubled : longest;
    }
}
