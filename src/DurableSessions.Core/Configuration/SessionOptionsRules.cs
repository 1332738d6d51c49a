using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks what of <see cref="SessionOptions"/> an attribute cannot say, when a host starts.</summary>
internal sealed class SessionOptionsRules : IValidateOptions<SessionOptions>
{
    private static readonly TimeSpan ShortestTaskRetention = TimeSpan.FromDays(1);

    public ValidateOptionsResult Validate(string? name, SessionOptions options)
    {
        List<string> failures = [];
        if (options.RepetitionWindow > options.IdempotencyWindow)
        {
            failures.Add(
                $"{nameof(SessionOptions.RepetitionWindow)} is {options.RepetitionWindow}, longer than "
                + $"{nameof(SessionOptions.IdempotencyWindow)}, {options.IdempotencyWindow}: what came before that is not remembered.");
        }

        if (options.TaskRetention > TimeSpan.Zero && options.TaskRetention < ShortestTaskRetention)
        {
            failures.Add(
                $"{nameof(SessionOptions.TaskRetention)} is {options.TaskRetention}, shorter than {ShortestTaskRetention}, "
                + "and not zero.");
        }

        return failures.Count > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }
}
