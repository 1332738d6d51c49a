using Azure;

namespace DurableSessions.Engine.Instances;

/// <summary>How a conditional write went.</summary>
/// <param name="Written">The new ETag; <see langword="null"/>: the condition did not hold.</param>
/// <param name="Found">The blob that is there instead; <see langword="null"/>: there is no blob.</param>
internal readonly record struct WriteResult(ETag? Written, StoredInstance? Found);
