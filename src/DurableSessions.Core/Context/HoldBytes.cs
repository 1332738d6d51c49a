namespace DurableSessions.Core.Context;

/// <summary>
/// Asks for memory while a context is read, so that a host can bound what all of them hold together. The reading goes on once it returns;
/// an exception ends it.
/// </summary>
/// <param name="bytes">The bytes that the context holds from then on, in all: at most 32 MiB.</param>
/// <param name="cancellationToken">Ends the reading.</param>
public delegate ValueTask HoldBytes(long bytes, CancellationToken cancellationToken);
