using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>Failures on their way between the two vocabularies.</summary>
internal static class DurableFailures
{
    public static TaskFailureDetails Translate(Durable.TaskFailureDetails failure) => new(
        failure.ErrorType, failure.ErrorMessage, failure.StackTrace, failure.IsCausedBy<NonRetriableTaskException>());

    /// <summary>
    /// Runs what may throw anything. An exception that cannot be asked for its message could not be recorded: its work item would be
    /// handed out again for ever.
    /// </summary>
    public static async Task<object?> WithReadableExceptionAsync(Func<Task<object?>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (!IsReadable(e))
        {
            throw new InvalidOperationException($"{e.GetType().FullName} was thrown, and does not say why.");
        }
    }

    private static bool IsReadable(Exception e)
    {
        try
        {
            return e.ToString() is not null && e.Message is not null;
        }
        catch (Exception)
        {
            return false;
        }
    }
}
