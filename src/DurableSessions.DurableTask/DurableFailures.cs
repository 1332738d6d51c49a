using System.Text.Json;
using DurableSessions.Orchestration;
using Durable = Microsoft.DurableTask;

namespace DurableSessions.DurableTask;

/// <summary>Translates failures of Durable Task.</summary>
internal static class DurableFailures
{
    // That of TaskFailureDetails.ErrorMessage.
    private const int MaxTextLength = 4_096;

    public static TaskFailureDetails Translate(Durable.TaskFailureDetails failure) => new(
        failure.ErrorType, failure.ErrorMessage, failure.StackTrace, failure.IsCausedBy<NonRetriableTaskException>());

    /// <summary>
    /// The failure of an instance whose provider keeps none: Azure Storage has its type and its message in place of an output.
    /// </summary>
    public static TaskFailureDetails WithoutDetails(string? output)
    {
        string text = Text(output) ?? "The provider of the task hub tells no reason.";
        int end = text.IndexOf(": ", StringComparison.Ordinal);
        return end > 0 && !text.AsSpan(0, end).ContainsAny(" \r\n")
            ? new(text[..end], text[(end + 2)..], IsNonRetriable: text[..end] == typeof(NonRetriableTaskException).FullName)
            : new("Failed", text);
    }

    /// <summary>
    /// The reason of a termination: JSON from this client, plain text from the routes of the Durable Functions extension.
    /// </summary>
    public static TaskFailureDetails OfTermination(string? output) =>
        new("Terminated", Text(output) ?? "Terminated by an operator.", IsNonRetriable: true);

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

    private static string? Text(string? output)
    {
        string? text = output;
        try
        {
            text = string.IsNullOrEmpty(output) ? null : JsonSerializer.Deserialize<string>(output);
        }
        catch (JsonException)
        {
            // Plain text, which is the reason itself.
        }

        return text is { Length: > MaxTextLength } ? text[..MaxTextLength] : text;
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
