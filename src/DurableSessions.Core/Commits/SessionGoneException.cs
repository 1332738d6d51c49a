using DurableSessions.Core.Identities;

namespace DurableSessions.Core.Commits;

/// <summary>The session was deleted while the commit ran: the commit ends as cancelled, and nothing is recreated.</summary>
internal sealed class SessionGoneException(SessionKey key)
    : Orchestration.NonRetriableTaskException($"Session '{key.Id}' was deleted.");
