using System.Globalization;
using DurableSessions.Core.Sessions;

namespace DurableSessions.Server.Serving;

/// <summary>Reads <c>Appends:RepetitionSeconds</c>: see <see cref="SessionOptions.RepetitionWindow"/>.</summary>
internal static class AppendSettings
{
    private const string Name = "Appends:RepetitionSeconds";
    private const int MostSeconds = 86_400;

    /// <exception cref="StartException">It is not a number, or not within its bounds.</exception>
    public static TimeSpan RepetitionWindow(IConfiguration configuration) => configuration[Name] switch
    {
        null or "" => TimeSpan.Zero,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds) && seconds <= MostSeconds => TimeSpan.FromSeconds(seconds),
        { } text => throw new StartException($"{Name} '{text}' is not a whole number of 0 (off) to {MostSeconds}."),
    };
}
