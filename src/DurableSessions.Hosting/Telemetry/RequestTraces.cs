using System.Diagnostics;
using OpenTelemetry;

namespace DurableSessions.Hosting.Telemetry;

/// <summary>
/// Keeps what a host asks of storage by itself out of the traces: the requests of its sweeps, of its signs of life and the like have no
/// request or instance that they are for, and would each be a trace.
/// </summary>
internal sealed class RequestTraces : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        Activity root = data;
        while (root.Parent is { } parent)
        {
            root = parent;
        }

        if (root.ParentSpanId == default && root.Source.Name.StartsWith("Azure.", StringComparison.Ordinal))
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}
