using DurableSessions.Core.Configuration;
using DurableSessions.Core.Merging;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;

namespace DurableSessions.Testing;

/// <summary>What a test decides of a host.</summary>
internal sealed record HostParts(
    SessionStorage Storage, ISemanticProcessor Processor, ISemanticProcessor Fallback, SessionOptions Options, EngineOptions Engine,
    TimeProvider Time)
{
    /// <summary>Which commits start a merge: none, unless a test says so, as ids are random.</summary>
    public MergeSchedule Merges { get; init; } = MergeSchedule.Never;
}
