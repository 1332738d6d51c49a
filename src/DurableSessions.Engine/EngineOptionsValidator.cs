using Microsoft.Extensions.Options;

namespace DurableSessions.Engine;

/// <summary>Checks <see cref="EngineOptions"/> when a host starts.</summary>
internal sealed class EngineOptionsValidator : IValidateOptions<EngineOptions>
{
    public ValidateOptionsResult Validate(string? name, EngineOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (ArgumentOutOfRangeException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
