using DurableSessions.Core.Identities;

namespace DurableSessions.Core.State;

/// <summary>
/// A host was about to write a manifest that breaks a rule of <see cref="ManifestRules"/>: a defect of this version. Nothing was written.
/// </summary>
internal sealed class BrokenManifestException(SessionKey key, string rule)
    : InvalidOperationException($"The manifest of session '{key}' would be wrong: it {rule}.");
