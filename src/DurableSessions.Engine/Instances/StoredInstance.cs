using Azure;

namespace DurableSessions.Engine.Instances;

/// <summary>An instance and the ETag of the blob it was read from or written to.</summary>
internal sealed record StoredInstance(InstanceDocument Document, ETag ETag);
