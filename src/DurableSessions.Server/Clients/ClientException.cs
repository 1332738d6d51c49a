namespace DurableSessions.Server.Clients;

/// <summary>A server refused a request, or did not answer it. The message is one line.</summary>
internal sealed class ClientException(string message, int status = 0, TimeSpan? retryAfter = null, bool isRetryable = false)
    : Exception(Shown.Line(message))
{
    /// <summary>The status of the answer; 0 where there was none.</summary>
    public int Status => status;

    /// <summary>When the server wants the request again, at the earliest.</summary>
    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>Whether the same request may be answered otherwise a little later.</summary>
    public bool IsRetryable => isRetryable;

    /// <summary>Whether the same request was sent before, and its answer was lost: it may have done what was asked.</summary>
    public bool FollowsLost { get; init; }
}
