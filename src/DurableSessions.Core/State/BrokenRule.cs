namespace DurableSessions.Core.State;

/// <summary>A rule that a manifest breaks.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Text">How it is broken, in words that follow "the manifest".</param>
internal sealed record BrokenRule(ManifestRule Rule, string Text);
