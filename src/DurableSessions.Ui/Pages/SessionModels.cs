using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Memories;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.Tasks;
using DurableSessions.Ui.Content;

namespace DurableSessions.Ui.Pages;

/// <summary>A page of a user's sessions.</summary>
/// <param name="Search">The start of the ids that were looked for; empty: all.</param>
/// <param name="Items">The sessions.</param>
/// <param name="Next">Where the next page begins.</param>
/// <param name="IsFirst">Whether it is the first.</param>
public sealed record SessionList(string Search, IReadOnlyList<SessionListItem> Items, string? Next, bool IsFirst);

/// <summary>A session and some of its live messages.</summary>
/// <param name="Info">The session.</param>
/// <param name="Live">The messages.</param>
public sealed record LiveSession(SessionInfo Info, MessagePage Live);

/// <summary>A page of archives.</summary>
/// <param name="Session">The session.</param>
/// <param name="Items">The newest first.</param>
/// <param name="Before">Where the next page begins; <see langword="null"/>: it is the last.</param>
public sealed record ArchiveList(string Session, IReadOnlyList<ArchiveInfo> Items, int? Before);

/// <summary>An archive and some of its messages.</summary>
/// <param name="Session">The session.</param>
/// <param name="Info">The archive.</param>
/// <param name="Messages">The messages.</param>
public sealed record ArchiveContent(string Session, ArchiveInfo Info, MessagePage Messages);

/// <summary>What a commit did to memories.</summary>
/// <param name="Session">The session.</param>
/// <param name="Archive">The archive of the commit.</param>
/// <param name="Diff">The changes; <see langword="null"/>: none.</param>
public sealed record ArchiveDiff(string Session, int Archive, MemoryDiff? Diff);

/// <summary>The newest commits of a session.</summary>
/// <param name="Session">The session.</param>
/// <param name="Items">The newest first.</param>
public sealed record CommitList(string Session, IReadOnlyList<CommitTask> Items);

/// <summary>A session's context as an agent gets it.</summary>
/// <param name="Session">The session.</param>
/// <param name="Budget">Estimated tokens.</param>
/// <param name="Context">What fits.</param>
/// <param name="Messages">Of its messages the newest.</param>
/// <param name="Left">Messages before them that are not shown.</param>
public sealed record BudgetedContext(
    string Session, int Budget, SessionContext Context, IReadOnlyList<MessageView> Messages, int Left);
