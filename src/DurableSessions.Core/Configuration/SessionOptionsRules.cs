using Microsoft.Extensions.Options;

namespace DurableSessions.Core.Configuration;

/// <summary>Checks what of <see cref="SessionOptions"/> depends on another option when a host starts.</summary>
internal sealed class SessionOptionsRules : IValidateOptions<SessionOptions>
{
    public ValidateOptionsResult Validate(string? name, SessionOptions options) => options.RepetitionWindow > options.IdempotencyWindow
        ? ValidateOptionsResult.Fail(
            $"{nameof(SessionOptions.RepetitionWindow)} is {options.RepetitionWindow}, longer than "
            + $"{nameof(SessionOptions.IdempotencyWindow)}, {options.IdempotencyWindow}: what came before that is not remembered.")
        : ValidateOptionsResult.Success;
}
