using DurableSessions.Hosting.Telemetry;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.Hosting;

/// <summary>A host that ends with its process.</summary>
public static class UndisposedHost
{
    /// <summary>
    /// Runs a host until it is stopped, and disposes of nothing: the process is to end then. What still runs, and is heard by another
    /// process, would fail on services that are disposed of: its attempt would be recorded as failed, and an orchestration with it. A
    /// process that ends leaves both to be begun again.
    /// </summary>
    public static async Task RunUndisposedAsync(this IHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        await host.StartAsync();
        await host.WaitForShutdownAsync();
        host.Services.FlushTelemetry();
    }
}
