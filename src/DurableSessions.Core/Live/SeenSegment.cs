using Azure;

namespace DurableSessions.Core.Live;

/// <summary>A segment as storage had it.</summary>
/// <param name="Name">Its blob.</param>
/// <param name="ETag">Of exactly this state.</param>
/// <param name="WrittenAt">When it was created, appended to or sealed last, by storage's clock.</param>
/// <param name="Length">In bytes.</param>
/// <param name="IsSealed">Whether it takes no more appends.</param>
internal sealed record SeenSegment(string Name, ETag ETag, DateTimeOffset WrittenAt, long Length, bool IsSealed);
