using Azure;
using DurableSessions.Orchestration;

namespace DurableSessions.Engine.Instances;

/// <summary>The active blob of an instance is there, and what is in it cannot be read.</summary>
/// <param name="header">The instance as its metadata has it.</param>
/// <param name="content">What is in the blob.</param>
/// <param name="etag">Of the blob.</param>
/// <param name="inner">Why it cannot be read.</param>
internal sealed class UnreadableInstanceException(InstanceHeader header, BinaryData content, ETag etag, Exception inner)
    : OrchestrationUnreadableException(header.Id, $"Instance '{header.Id}' cannot be read as it is stored.", inner)
{
    public InstanceHeader Header => header;

    public BinaryData Content => content;

    public ETag ETag => etag;
}
