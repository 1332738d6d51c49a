namespace DurableSessions.Engine;

/// <summary>What a host listens to for the engine's traces and metrics. The README lists them, with their units.</summary>
public static class EngineTelemetry
{
    /// <summary>
    /// The name of the <see cref="System.Diagnostics.ActivitySource"/>. Where it has no listener, an instance carries no trace, and is
    /// stored as it was before there were traces.
    /// </summary>
    public const string ActivitySourceName = "DurableSessions.Engine";

    /// <summary>The name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "DurableSessions.Engine";
}
