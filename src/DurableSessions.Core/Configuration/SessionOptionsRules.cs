using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks what of <see cref="SessionOptions"/> an attribute cannot say, when a host starts.</summary>
internal sealed class SessionOptionsRules : IValidateOptions<SessionOptions>
{
    private static readonly TimeSpan ShortestRetention = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, SessionOptions options)
    {
        List<string> failures = [];
        if (options.RepetitionWindow > options.IdempotencyWindow)
        {
            failures.Add(
                $"{nameof(SessionOptions.RepetitionWindow)} is {options.RepetitionWindow}, longer than "
                + $"{nameof(SessionOptions.IdempotencyWindow)}, {options.IdempotencyWindow}: what came before that is not remembered.");
        }

        EnsureDays(nameof(SessionOptions.TaskRetention), options.TaskRetention, failures);
        EnsureDays(nameof(SessionOptions.SessionRetention), options.SessionRetention, failures);
        if (options.ArchiveRetention > TimeSpan.Zero && options.ArchiveRetention < options.LeastArchiveRetention)
        {
            failures.Add(
                $"{nameof(SessionOptions.ArchiveRetention)} is {options.ArchiveRetention}, shorter than {options.LeastArchiveRetention} (2 "
                + $"days, and a day more than {nameof(SessionOptions.IdempotencyWindow)}, {options.IdempotencyWindow}), and not zero.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static void EnsureDays(string name, TimeSpan retention, List<string> failures)
    {
        if (retention > TimeSpan.Zero && retention < ShortestRetention)
        {
            failures.Add($"{name} is {retention}, shorter than {ShortestRetention}, and not zero.");
        }
    }
}
