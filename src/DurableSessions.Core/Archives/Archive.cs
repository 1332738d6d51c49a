using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Archives;

/// <summary>An archive with its messages, which are read as a stream.</summary>
/// <param name="Info">What it is.</param>
/// <param name="Messages">In order.</param>
public sealed record Archive(ArchiveInfo Info, IAsyncEnumerable<SessionMessage> Messages);
