using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.Storage;
using DurableSessions.Engine;

namespace DurableSessions.Testing;

/// <summary>What a test decides of a host.</summary>
internal sealed record HostParts(
    SessionStorage Storage, ISemanticProcessor Processor, ISemanticProcessor Fallback, SessionOptions Options, EngineOptions Engine,
    TimeProvider Time);
