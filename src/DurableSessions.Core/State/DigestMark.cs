namespace DurableSessions.Core.State;

/// <summary>A change of what digest is in place for an archive.</summary>
/// <param name="Number">The archive.</param>
/// <param name="Change">The number of the change, among those of that archive; 1 or more.</param>
internal sealed record DigestMark(int Number, int Change);
