using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>Exceptions as they are stored: cut to a length, and without secrets.</summary>
internal static class Failures
{
    /// <summary>Never throws, also where a property of the exception does.</summary>
    public static TaskFailureDetails From(Exception e) => new(
        e.GetType().FullName ?? e.GetType().Name,
        Redacted(Ask(e, static e => e.Message) ?? "The exception has no message.", EngineLimits.ErrorMessageLength),
        Ask(e, static e => e.StackTrace) is { } trace ? Redacted(trace, EngineLimits.StackTraceLength) : null,
        e is NonRetriableTaskException or EngineLimitException);

    public static TaskFailureDetails Terminated(string? reason) => new(
        "Terminated", Redacted(reason ?? "Terminated by an operator.", EngineLimits.ErrorMessageLength), IsNonRetriable: true);

    private static string? Ask(Exception e, Func<Exception, string?> question)
    {
        try
        {
            return question(e);
        }
        catch (Exception)
        {
            return null;
        }
    }

    // Cut first, so that a message of any length costs a bounded time. A secret that the cut has halved is known by its beginning.
    private static string Redacted(string text, int length) => Cut(Redaction.Redact(Cut(text, length)), length);

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
