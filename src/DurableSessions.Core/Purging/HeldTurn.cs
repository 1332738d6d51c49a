using Azure;

namespace DurableSessions.Core.Purging;

/// <summary>The turn as this host has written it.</summary>
/// <param name="Turn">What the blob says.</param>
/// <param name="ETag">Of the blob.</param>
/// <param name="WrittenAt">When, by storage's clock.</param>
internal sealed record HeldTurn(PurgeTurn Turn, ETag ETag, DateTimeOffset WrittenAt);
