namespace DurableSessions.Core.State;

/// <summary>What a memory is about. In lower case, the names are those of folders in storage.</summary>
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
