using DurableSessions.Core.Archives;
using DurableSessions.Core.Auditing;
using DurableSessions.Core.Purging;
using DurableSessions.Core.Recall;
using DurableSessions.Core.Sessions;
using DurableSessions.Core.Tasks;

namespace DurableSessions.Core;

/// <summary>The session store of one host, as <see cref="DurableSessionsServices"/> adds it.</summary>
/// <param name="sessions">Sessions and their messages.</param>
/// <param name="commits">Starts commits.</param>
/// <param name="tasks">Where commits stand.</param>
/// <param name="archives">What commits made.</param>
/// <param name="digests">Digests of archives: made again, compared, put in place.</param>
/// <param name="memories">Users' long-term memories.</param>
/// <param name="memorySearch">Searches memories and archives.</param>
/// <param name="unused">Finds sessions that are not used any more.</param>
/// <param name="oldArchives">Finds archives that were switched long ago.</param>
/// <param name="audit">Finds what is wrong in storage.</param>
public sealed class SessionStore(
    SessionService sessions, CommitService commits, TaskService tasks, ArchiveService archives, DigestService digests,
    MemoryService memories, MemorySearch memorySearch, UnusedSessions unused, OldArchives oldArchives, StorageAudit audit)
{
    /// <summary>Sessions and their messages.</summary>
    public SessionService Sessions => sessions;

    /// <summary>Starts commits.</summary>
    public CommitService Commits => commits;

    /// <summary>Where commits stand.</summary>
    public TaskService Tasks => tasks;

    /// <summary>What commits made.</summary>
    public ArchiveService Archives => archives;

    /// <summary>Digests of archives: made again, compared, put in place.</summary>
    public DigestService Digests => digests;

    /// <summary>Users' long-term memories.</summary>
    public MemoryService Memories => memories;

    /// <summary>Searches memories and archives.</summary>
    public MemorySearch MemorySearch => memorySearch;

    /// <summary>Finds sessions in which nothing was written for long, and deletes them.</summary>
    public UnusedSessions Unused => unused;

    /// <summary>Finds archives that were switched long ago, of sessions that live on, and deletes them.</summary>
    public OldArchives OldArchives => oldArchives;

    /// <summary>Finds what is wrong in storage, and removes what no document refers to.</summary>
    public StorageAudit Audit => audit;
}
