namespace DurableSessions.Model.Tests.State;

/// <summary>What a transition makes of a manifest.</summary>
internal enum Outcome
{
    Changed,
    NothingToDo,
    SessionGone,
}

/// <summary>What a transition makes of a manifest, and which one it becomes.</summary>
internal readonly record struct Decision(Outcome Outcome, int Next)
{
    public bool IsChanged => Outcome == Outcome.Changed;
}
