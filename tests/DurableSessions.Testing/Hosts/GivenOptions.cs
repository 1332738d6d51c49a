using Microsoft.Extensions.Options;

namespace DurableSessions.Testing;

/// <summary>Options as a test gives them, validated as a host's are.</summary>
internal sealed class GivenOptions<T>(T options, IEnumerable<IValidateOptions<T>> validators) : IOptionsFactory<T>
    where T : class
{
    public T Create(string name)
    {
        string[] failures = [.. validators.Select(v => v.Validate(name, options)).SelectMany(static result => result.Failures ?? [])];
        return failures.Length == 0 ? options : throw new OptionsValidationException(name, typeof(T), failures);
    }
}
