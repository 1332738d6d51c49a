namespace DurableSessions.Semantics.Extractive;

/// <summary>What a phrase says about the sentence it stands in.</summary>
internal enum Cue
{
    Request,
    Preference,
    Decision,
    Done,
    Open,
    Fact,

    /// <summary>The speaker does not know: not an answer.</summary>
    Unsure,

    /// <summary>Something earlier no longer holds.</summary>
    Reversal,

    /// <summary>Talk about the talk.</summary>
    Filler,

    /// <summary>Something does not work.</summary>
    Problem,

    /// <summary>It does now, or it is done.</summary>
    Fixed,
}
