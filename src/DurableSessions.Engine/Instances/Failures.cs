using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>Exceptions as they are recorded.</summary>
internal static class Failures
{
    public static TaskFailureDetails From(Exception e) => new(
        e.GetType().FullName ?? e.GetType().Name,
        Cut(e.Message, EngineLimits.ErrorMessageLength),
        e.StackTrace is { } trace ? Cut(trace, EngineLimits.StackTraceLength) : null,
        e is NonRetriableTaskException or EngineLimitException);

    public static TaskFailureDetails Terminated(string? reason) => new(
        "Terminated", Cut(reason ?? "Terminated by an operator.", EngineLimits.ErrorMessageLength), IsNonRetriable: true);

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];
}
