namespace DurableSessions.Core.Context;

/// <summary>
/// Learns while a context is read how much of the session is read for it, so that a host can bound what clients cause. All that no overview
/// covers is read, whatever the budget is. The reading goes on once it returns; an exception ends it.
/// </summary>
/// <param name="bytes">
/// The bytes of messages that were read since it was called last: 1 MiB or more. Each blob but one counts 1 MiB more, and those count
/// before they are read.
/// </param>
/// <param name="cancellationToken">Ends the reading.</param>
public delegate ValueTask ReadBytes(long bytes, CancellationToken cancellationToken);
