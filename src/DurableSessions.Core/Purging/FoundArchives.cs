using DurableSessions.Core.Archives;

namespace DurableSessions.Core.Purging;

/// <summary>Archives of a session that are to be deleted.</summary>
/// <param name="Entries">Those that have expired and are left, and those that are to expire, in order.</param>
/// <param name="UpTo">The last one that is to expire; <see langword="null"/>: none is.</param>
/// <param name="OldestAt">No later archive was switched before this.</param>
internal sealed record FoundArchives(IReadOnlyList<ArchiveEntry> Entries, int? UpTo, DateTimeOffset OldestAt);
