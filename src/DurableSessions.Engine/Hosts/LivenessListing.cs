namespace DurableSessions.Engine.Hosts;

/// <summary>What all hosts say at one time.</summary>
/// <param name="Signs">One for each host.</param>
/// <param name="Date">When storage answered, by its own clock, in whole seconds.</param>
/// <param name="Sent">The timestamp of this host before its request; storage has read the blobs later.</param>
/// <param name="Received">The timestamp of this host after the answer; storage has read the blobs earlier.</param>
internal sealed record LivenessListing(IReadOnlyList<LivenessSign> Signs, DateTimeOffset Date, long Sent, long Received);
