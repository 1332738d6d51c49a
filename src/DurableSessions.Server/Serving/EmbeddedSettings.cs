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
    public static Action<EngineOptions> Read(IConfiguration configuration)
    {
        if (configuration[Name] is not { Length: > 0 } text)
        {
            return static _ => { };
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            || value is < FewestSeconds or > MostSeconds)
        {
            throw new StartException($"{Name} '{text}' is not a whole number of {FewestSeconds} to {MostSeconds}.");
        }

        return options => options.Ownership = TimeSpan.FromSeconds(value);
    }
}
