namespace DurableSessions.Http.Files;

/// <summary>The kinds of places below a user.</summary>
internal enum UserPlace
{
    /// <summary>The user's own folder.</summary>
    Home,

    /// <summary>All memories.</summary>
    Memories,

    /// <summary>The memories of one category.</summary>
    Category,

    /// <summary>One memory.</summary>
    Memory,

    /// <summary>The memories of the profile, joined to one file.</summary>
    Profile,

    /// <summary>All sessions.</summary>
    Sessions,

    /// <summary>One session.</summary>
    Session,

    /// <summary>The archives of one session.</summary>
    History,

    /// <summary>One archive.</summary>
    Archive,

    /// <summary>A file of an archive.</summary>
    ArchiveFile,

    /// <summary>All peers that memories belong to.</summary>
    Peers,

    /// <summary>What belongs to one peer.</summary>
    Peer,
}
