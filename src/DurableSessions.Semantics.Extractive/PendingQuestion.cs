namespace DurableSessions.Semantics.Extractive;

/// <summary>The last question of a message, while it waits for the other side's answer.</summary>
/// <param name="Text">The question.</param>
/// <param name="Speaker">Who asked.</param>
/// <param name="Stamp">Its speaker's name, and when it was asked.</param>
/// <param name="Worth">What it tells by itself: see <see cref="Classifier.Information"/>.</param>
internal sealed record PendingQuestion(string Text, Speaker Speaker, Stamp Stamp, double Worth);
