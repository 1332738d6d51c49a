using System.Globalization;

namespace DurableSessions.Core.Configuration;

/// <summary>
/// Reads <see cref="SessionOptions.RepetitionWindow"/> from a host's settings, where it is called the same in every host.
/// </summary>
public static class RepetitionSettings
{
    private const string Name = "Appends:RepetitionSeconds";
    private const int MostSeconds = 86_400;

    /// <summary>Reads <c>Appends:RepetitionSeconds</c>, 0 (off, and the default) to 86,400.</summary>
    /// <param name="find">The text of a setting, by its whole name; <see langword="null"/> or empty where it is not set.</param>
    /// <exception cref="FormatException">
    /// It is not a number, or not within its bounds; the message names the setting and the bounds.
    /// </exception>
    public static TimeSpan Read(Func<string, string?> find) => find(Name) switch
    {
        null or "" => TimeSpan.Zero,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds <= MostSeconds =>
            TimeSpan.FromSeconds(seconds),
        { } text => throw new FormatException($"{Name} '{text}' is not a whole number of 0 (off) to {MostSeconds}."),
    };
}
