using System.Globalization;
using DurableSessions.Http.Limits;

namespace DurableSessions.Server.Serving;

/// <summary>Reads <c>Limits:*</c>; the names are those of <see cref="HttpLimits"/>, except <c>StrangerRequestsPerSecond</c>.</summary>
internal static class LimitSettings
{
    private const int MostConnections = 1_000_000;
    private const int MostRequests = 1_000_000;
    private const int MostSeconds = 3_600;

    /// <exception cref="StartException">A value is not a number, or out of bounds.</exception>
    public static HttpLimits Read(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection("Limits");
        var limits = new HttpLimits();
        return new HttpLimits
        {
            BodyBytes = Number(nameof(HttpLimits.BodyBytes), limits.BodyBytes, 1_024, HttpLimits.MaxBodyBytes),
            HeaderBytes = Number(nameof(HttpLimits.HeaderBytes), limits.HeaderBytes, 1_024, HttpLimits.MaxHeaderBytes),
            Connections = Number(nameof(HttpLimits.Connections), limits.Connections, 1, MostConnections),
            RequestsPerSecond = Number(nameof(HttpLimits.RequestsPerSecond), limits.RequestsPerSecond, 1, MostRequests),
            Burst = Number(nameof(HttpLimits.Burst), limits.Burst, 1, MostRequests),
            UnauthenticatedRequestsPerSecond = Number(
                "StrangerRequestsPerSecond", limits.UnauthenticatedRequestsPerSecond, 1, MostRequests),
            HeadersSeconds = Number(nameof(HttpLimits.HeadersSeconds), limits.HeadersSeconds, 1, MostSeconds),
            KeepAliveSeconds = Number(nameof(HttpLimits.KeepAliveSeconds), limits.KeepAliveSeconds, 1, MostSeconds),
            MinBytesPerSecond = Number(nameof(HttpLimits.MinBytesPerSecond), limits.MinBytesPerSecond, 1, HttpLimits.MaxBodyBytes),
            SlowSeconds = Number(nameof(HttpLimits.SlowSeconds), limits.SlowSeconds, 2, MostSeconds),
        };

        int Number(string name, int otherwise, int min, int max) => section[name] switch
        {
            null or "" => otherwise,
            { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                && value >= min && value <= max => value,
            { } text => throw new StartException(string.Create(
                CultureInfo.InvariantCulture, $"Limits:{name} '{text}' is not a whole number of {min} to {max}.")),
        };
    }
}
