using DurableSessions.Core.Errors;

namespace DurableSessions.Core.State;

/// <summary>What an idempotency key was used for, where no other document of the store says it.</summary>
internal abstract record KeyedRequest
{
    public int Format { get; init; } = 1;

    /// <summary>SHA-256 of the request, in lower-case hexadecimal.</summary>
    public required string RequestHash { get; init; }

    /// <summary>The key stands for one request.</summary>
    /// <exception cref="IdempotencyKeyReusedException">It was used with another one.</exception>
    public void Check(string requestHash)
    {
        if (RequestHash != requestHash)
        {
            throw new IdempotencyKeyReusedException();
        }
    }
}
