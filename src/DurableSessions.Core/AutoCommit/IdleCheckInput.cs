namespace DurableSessions.Core.AutoCommit;

/// <summary>What a look is called with.</summary>
/// <param name="Watch">Which session.</param>
/// <param name="HandOver">
/// A host of an earlier version has called it: the next instance of the watch takes over (<see cref="IdleInput.Part"/>). Hosts of this
/// version continue as new instead.
/// </param>
internal sealed record IdleCheckInput(IdleInput Watch, bool HandOver = false);
