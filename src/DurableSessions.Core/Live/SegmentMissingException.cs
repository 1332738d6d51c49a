using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Live;

/// <summary>
/// A live segment that a manifest names is not in storage: it was deleted by another program. Hosts delete a segment only after no manifest
/// names it. No repetition of the step finds it.
/// </summary>
internal sealed class SegmentMissingException(SessionKey key)
    : Orchestration.NonRetriableTaskException(
        $"A live segment of session '{key}' is missing in storage, and the manifest still names it. 'check' says which one.");
