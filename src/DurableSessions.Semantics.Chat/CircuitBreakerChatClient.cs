using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;

namespace DurableSessions.Semantics.Chat;

/// <summary>Says what happens to a question while the circuit to the model is open.</summary>
internal sealed class CircuitBreakerChatClient(IChatClient inner, WhenUnavailable whenUnavailable, TimeProvider time) : DelegatingChatClient(inner)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

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
                    throw new ModelAwayException("The model has failed several times, and is not asked for a while.", e);
                }

                await Task.Delay(Look, time, cancellationToken);
            }
        }
    }

    private static bool IsOpen(Exception? e) => e is BrokenCircuitException || (e is not null && IsOpen(e.InnerException));
}
