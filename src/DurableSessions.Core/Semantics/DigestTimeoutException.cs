namespace DurableSessions.Core.Semantics;

/// <summary>A processor did not answer within the time that the commit gives it.</summary>
internal sealed class DigestTimeoutException(TimeSpan timeout)
    : TimeoutException(FormattableString.Invariant($"The digest took longer than {timeout.TotalSeconds:0.###} s."))
{
    /// <summary>The time that it had.</summary>
    public TimeSpan Timeout { get; } = timeout;
}
