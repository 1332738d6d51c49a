using DurableSessions.Core.Errors;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Sessions;

/// <summary>What a session has not archived, as of one manifest: each message is in one of the archives, or here.</summary>
/// <param name="ExpiredArchives">Archives up to this number have expired.</param>
/// <param name="Archives">The number of the newest archive, of those before these messages.</param>
/// <param name="Messages">
/// The live messages, in order; those that are appended meanwhile may be among them. Reading them throws
/// <see cref="ContentionException"/> where a commit has archived them since: then they are in an archive of a greater number.
/// </param>
public sealed record LiveMessages(int ExpiredArchives, int Archives, IAsyncEnumerable<SessionMessage> Messages);
