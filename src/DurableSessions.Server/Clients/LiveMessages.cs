using System.Text.Json;

namespace DurableSessions.Server.Clients;

/// <summary>Reads what a session has beside its archives, of an answer that has more: a context.</summary>
internal static class LiveMessages
{
    private const int LeastBudget = 128_000;
    private const int MaxBudget = 10_000_000;
    private const int MaxAttempts = 8;

    /// <summary>Hands each message of the session's context to <paramref name="take"/>, and says how many at the end are live.</summary>
    /// <param name="api">The server.</param>
    /// <param name="session">The session.</param>
    /// <param name="begin">Forgets what was taken: the session has changed, or the budget was too small, and it begins anew.</param>
    /// <param name="take">Takes a message.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The session as it was, and how many of the messages it has live: the last ones.</returns>
    /// <exception cref="ClientException">There is no such session, it is too large for a context, or changes all the time.</exception>
    public static async Task<(JsonElement Session, int Live)> ReadAsync(
        SessionApi api, string session, Action begin, Func<JsonElement, ValueTask> take, CancellationToken cancellationToken)
    {
        string path = $"sessions/{SessionApi.Escape(session)}";
        JsonElement before = (await api.GetAsync(path, cancellationToken)).Result;
        long budget = Math.Clamp(4 * Json.Number(before, "pending_tokens"), LeastBudget, MaxBudget);
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            begin();
            int count = 0;
            using StreamedAnswer answer = await api.ReadMessagesAsync($"{path}/context?token_budget={budget}", cancellationToken);
            await foreach (JsonElement message in answer.MessagesAsync(cancellationToken))
            {
                count++;
                await take(message);
            }

            JsonElement stats = answer.Find("stats") ?? throw new ClientException("The server's context has no stats.");
            JsonElement after = (await api.GetAsync(path, cancellationToken)).Result;
            int live = (int)Json.Number(after, "message_count");
            bool isSame = new[] { "message_count", "total_message_count", "commit_count" }
                .All(name => Json.Number(before, name) == Json.Number(after, name));

            // Below half of the budget nothing was left out or cut.
            bool isWhole = count - Json.Number(stats, "recalledMessages") >= live && Json.Number(stats, "activeTokens") <= budget / 2;
            if (isSame && isWhole)
            {
                return (after, live);
            }

            if (isSame && budget == MaxBudget)
            {
                throw new ClientException($"Session {session} has more live messages than a context holds; commit it first.");
            }

            before = after;
            budget = isWhole ? budget : Math.Min(MaxBudget, 4 * budget);
        }

        throw new ClientException($"Session {session} changes all the time; try again later.");
    }
}
