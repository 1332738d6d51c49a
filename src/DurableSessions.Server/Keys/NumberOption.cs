using System.CommandLine;
using System.Globalization;

namespace DurableSessions.Server.Keys;

/// <summary>An option that is a whole number within bounds. What does not fit is an error that names the option and the bounds.</summary>
internal static class NumberOption
{
    /// <summary>Its value is null where the option is not given.</summary>
    /// <param name="name">The option's name, with its hyphens.</param>
    /// <param name="min">The least number.</param>
    /// <param name="max">The greatest number.</param>
    /// <param name="unit">What is counted, in the plural.</param>
    /// <param name="description">What it is for; the bounds are added.</param>
    public static Option<int?> Create(string name, int min, int max, string unit, string description) => new(name)
    {
        Description = $"{description}; {min} to {max} {unit}.",
        CustomParser = result =>
        {
            if (result.Tokens is [{ Value: { } text }]
                && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                && number >= min
                && number <= max)
            {
                return number;
            }

            result.AddError($"{name} is {min} to {max} {unit}.");
            return null;
        },
    };
}
