namespace DurableSessions.Model.Tests.State;

/// <summary>The product's transitions that the model makes, each by its name.</summary>
internal enum Operation
{
    AddSegment,
    BeginCut,
    BeginCutBeforeLast,
    Clear,
    Close,
    Configure,
    Cover,
    CreateAgain,
    Delete,
    DropEmptySegment,
    Heal,
    PutDigest,
    Settle,
    SkipSegmentNumbers,
    Switch,
}
