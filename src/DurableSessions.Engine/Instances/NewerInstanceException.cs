using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>A newer version has written the instance: this one neither runs nor changes it.</summary>
internal sealed class NewerInstanceException(string id, string version)
    : OrchestrationUnreadableException(
        id, $"Instance '{id}' is of version {version}, and this host knows version {InstanceHeader.Version}.");
