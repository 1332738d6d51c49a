using System.Security.Cryptography;
using DurableSessions.Core.Commits;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Failures;

/// <summary>
/// An activity whose failures are logged, and recorded by their <see cref="StepFailure"/> alone: what leaves it stands in histories, and
/// is shown to users.
/// </summary>
internal sealed class ReportedActivity(ITaskActivity activity, ILogger<ReportedActivity> logger) : ITaskActivity
{
    // More than an exception of storage with its headers and its stack has.
    private const int MaxDetails = 32_768;

    public Type InputType => activity.InputType;

    public async Task<object?> RunAsync(TaskActivityContext context, object? input)
    {
        try
        {
            return await activity.RunAsync(context, input);
        }
        catch (Exception e) when (e is not SessionGoneException && !context.CancellationToken.IsCancellationRequested)
        {
            string id = $"ERR-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
            if (logger.IsEnabled(LogLevel.Warning))
            {
                logger.StepFailed(context.InstanceId, context.Name, id, Details(e));
            }

            string text = StepFailure.Text(context.Name, e, id);
            throw e is NonRetriableTaskException ? new NonRetriableTaskException(text) : new StepFailedException(text);
        }
    }

    // Never throws, also where a property of the exception does.
    private static string Details(Exception e)
    {
        try
        {
            string text = e.ToString();
            return Redaction.Redact(text.Length <= MaxDetails ? text : text[..MaxDetails]);
        }
        catch (Exception)
        {
            return e.GetType().ToString();
        }
    }
}
