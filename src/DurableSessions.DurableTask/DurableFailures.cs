using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>Translates failures of Durable Task.</summary>
internal static class DurableFailures
{
    public static TaskFailureDetails Translate(Durable.TaskFailureDetails failure) => new(
        failure.ErrorType, failure.ErrorMessage, failure.StackTrace, failure.IsCausedBy<NonRetriableTaskException>());

    /// <summary>
    /// Runs an orchestrator or an activity. An exception whose message cannot be read is replaced: Durable Task could not record it, and
    /// would deliver the work item again without end.
    /// </summary>
    public static async Task<object?> WithReadableExceptionAsync(Func<Task<object?>> run)
    {
        try
        {
            return await run();
        }
        catch (Exception e) when (!IsReadable(e))
        {
            throw new InvalidOperationException($"{e.GetType().FullName} was thrown, and its message cannot be read.");
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
