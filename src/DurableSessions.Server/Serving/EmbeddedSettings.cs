using System.Globalization;
using DurableSessions.Engine;

namespace DurableSessions.Server.Serving;

/// <summary>Reads <c>Embedded:*</c>: how the embedded engine runs commits.</summary>
internal static class EmbeddedSettings
{
    private const string Name = "Embedded:OwnershipSeconds";

    /// <summary>A renewal may take a third of the ownership, and a storage request has at least one second.</summary>
    private const int FewestSeconds = 3;

    private const int MostSeconds = 300;

    /// <exception cref="StartException">The value is not a number, or out of bounds.</exception>
    public static Action<EngineOptions> Read(IConfiguration configuration) => configuration[Name] switch
    {
        null or "" => static _ => { },
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            && value is >= FewestSeconds and <= MostSeconds =>
            options => options.Ownership = TimeSpan.FromSeconds(value),
        { } text => throw new StartException($"{Name} '{text}' is not a whole number of {FewestSeconds} to {MostSeconds}."),
    };
}
