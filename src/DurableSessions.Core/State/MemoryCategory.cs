namespace DurableSessions.Core.State;

/// <summary>What a memory is about. The names are those of the wire and of folders in storage, in lower case.</summary>
public enum MemoryCategory
{
    /// <summary>Who the user is.</summary>
    Profile,

    /// <summary>How the user wants things.</summary>
    Preferences,

    /// <summary>People, projects and things the user deals with.</summary>
    Entities,

    /// <summary>What happened, and what was decided.</summary>
    Events,

    /// <summary>Problems, and how they were solved.</summary>
    Cases,
}
