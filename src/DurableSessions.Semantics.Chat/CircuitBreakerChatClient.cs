using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;

namespace DurableSessions.Semantics.Chat;

/// <summary>Fails or delays requests while the circuit breaker of the model is open, as <see cref="WhenUnavailable"/> says.</summary>
internal sealed class CircuitBreakerChatClient(IChatClient inner, WhenUnavailable whenUnavailable, TimeProvider time)
    : DelegatingChatClient(inner)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                return await base.GetResponseAsync(messages, options, cancellationToken);
            }
            catch (Exception e) when (IsOpen(e))
            {
                if (whenUnavailable == WhenUnavailable.FallBack)
                {
                    throw new ModelAwayException("The model has failed several times; the circuit breaker is open.");
                }

                await Task.Delay(PollInterval, time, cancellationToken);
            }
        }
    }

    private static bool IsOpen(Exception? e) => e is BrokenCircuitException || (e is not null && IsOpen(e.InnerException));
}
