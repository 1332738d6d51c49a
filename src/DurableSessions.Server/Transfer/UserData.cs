using System.Text.Json;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>What a server has of its caller.</summary>
internal static class UserData
{
    /// <summary>Who the server takes the caller for.</summary>
    public static async Task<(string User, string Account)> CallerAsync(SessionApi api, CancellationToken cancellationToken)
    {
        JsonElement status = (await api.GetAsync("system/status", cancellationToken)).Result;
        return (Json.Text(status, "user"), Json.Text(status, "account"));
    }

    /// <summary>The ids of all sessions.</summary>
    public static IAsyncEnumerable<string> SessionsAsync(SessionApi api, CancellationToken cancellationToken) =>
        api.ListAsync("sessions?limit=1000", cancellationToken).Select(static s => Json.Text(s, "session_id"));

    /// <summary>The user's own memories, and those of each peer.</summary>
    public static async Task<IReadOnlyList<(string? Peer, JsonElement Memory)>> MemoriesAsync(
        SessionApi api, CancellationToken cancellationToken)
    {
        // At most a thousand of a user.
        JsonElement? places = await api.FindAsync("fs/ls?uri=viking%3A%2F%2F~%2Fpeers&output=original", cancellationToken);
        string?[] peers = [null, .. places?.EnumerateArray().Select(static p => Json.Text(p, "name")) ?? []];
        var found = new List<(string?, JsonElement)>();
        foreach (string? peer in peers)
        {
            string path = $"memories?limit=100{(peer is null ? "" : $"&peer={SessionApi.Escape(peer)}")}";
            await foreach (JsonElement memory in api.ListAsync(path, cancellationToken))
            {
                found.Add((peer, memory));
            }
        }

        return found;
    }

    /// <summary>The path of a memory in a listing.</summary>
    public static string Path(string? peer, JsonElement memory) =>
        MemoriesCommand.Path($"{Json.Text(memory, "category")}/{Json.Text(memory, "name")}", peer);
}
