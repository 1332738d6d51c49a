using System.Text.Json.Serialization;

namespace DurableSessions.Core.Commits;

/// <summary>
/// Where a commit that runs stands. In the status of an instance the stages have the names that are given here, which are never changed.
/// </summary>
public enum CommitStage
{
    /// <summary>Archive-to-temp and clear-live: until its end the messages are live.</summary>
    [JsonStringEnumMemberName("archiving")]
    Archive,

    /// <summary>Its messages are in its archive; commits before it are still to be switched.</summary>
    [JsonStringEnumMemberName("waiting_turn")]
    WaitForTurn,

    /// <summary>Semantic-process.</summary>
    [JsonStringEnumMemberName("summarizing")]
    SemanticProcess,

    /// <summary>Switch and finish.</summary>
    [JsonStringEnumMemberName("switching")]
    Switch,
}
