namespace DurableSessions.Core.AutoCommit;

/// <summary>What a look is called with.</summary>
internal sealed record IdleCheckInput(IdleInput Watch, bool HandOver);
