using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary><c>users erase USER --yes</c>: deletes all sessions and memories of a user, and says what was there.</summary>
internal static class UsersCommand
{
    private const int MaxPasses = 3;

    public static Command Create(ClientHost host)
    {
        Argument<string> user = ClientCommands.Text("user", "The user: the one of the key, or of a server without keys.");
        Option<bool> yes = ClientCommands.Yes("Delete everything;");
        var erase = new Command("erase", "Delete all sessions and memories of a user, and write a receipt. It may be run again.")
        {
            user, yes,
        };
        var command = new Command("users", "The users of a server that runs.") { erase };
        new ClientOptions(command, host).SetAction(
            erase,
            async (run, parsed, stop) =>
            {
                ClientCommands.Require(parsed, yes, "A deletion");
                return await EraseAsync(run, parsed.GetValue(user)!, mayDelete: null, receiptIn: null, stop);
            },
            parsed => parsed.GetValue(user));
        return command;
    }

    /// <summary>Deletes what a user has, and shows the receipt: also of an erasure that an error of the server has cut off.</summary>
    /// <param name="run">The command.</param>
    /// <param name="user">The user.</param>
    /// <param name="mayDelete">Whether a session, by its id and state, or a memory, by its uri and entry, is to be deleted.</param>
    /// <param name="receiptIn">Gets the receipt too.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> EraseAsync(
        ClientRun run, string user, Func<string, string, bool>? mayDelete, ExportFolder? receiptIn, CancellationToken cancellationToken)
    {
        (string caller, _) = await UserData.CallerAsync(run.Api, cancellationToken);
        if (caller != user)
        {
            throw new ClientException($"The server takes the caller for user {caller}, not {user}; nothing is deleted.");
        }

        string started = Now(run);
        var sessions = new JsonArray();
        var memories = new JsonArray();
        var left = new Dictionary<string, string>();

        try
        {
            await DeleteAllAsync(run, mayDelete, sessions, memories, left, cancellationToken);
        }
        catch (ClientException e)
        {
            left["what was not reached"] = e.Message;
        }

        var receipt = new JsonObject
        {
            ["user"] = user,
            ["started_at"] = started,
            ["ended_at"] = Now(run),
            ["sessions_removed"] = sessions.Count,
            ["messages_removed"] = sessions.Sum(static s => (long)s!["messages"]!),
            ["memories_removed"] = memories.Count,
            ["sessions"] = sessions,
            ["memories"] = memories,
            ["left"] = new JsonArray([.. left.Select(static l => new JsonObject { ["what"] = l.Key, ["why"] = l.Value })]),
            ["note"] = "What is deleted no reader sees from then on; the server takes the blobs away by itself. Logs, backups, "
                + "and the instances of tasks until they are purged are not of this receipt.",
        };

        if (receiptIn is not null)
        {
            await receiptIn.WriteAsync(
                $"receipt-{started.Replace(':', '-')}.json", receipt.ToJsonString(Json.Readable), cancellationToken);
        }

        // The receipt is the result: it is JSON for people too.
        run.Show(receipt, () => run.Say(receipt.ToJsonString(Json.Readable)));
        return left.Count == 0 ? 0 : CommandRun.Failed;
    }

    // What comes while it is erased is found by another pass; what cannot be deleted ends them.
    private static async Task DeleteAllAsync(
        ClientRun run, Func<string, string, bool>? mayDelete, JsonArray sessions, JsonArray memories, Dictionary<string, string> left,
        CancellationToken cancellationToken)
    {
        const string Changed = "it was written to since it was exported; export it again";
        for (int pass = 0; pass < MaxPasses; pass++)
        {
            int before = sessions.Count + memories.Count;
            List<string> ids = await UserData.SessionsAsync(run.Api, cancellationToken).ToListAsync(cancellationToken);
            foreach (string id in ids)
            {
                JsonElement? info = await run.Api.FindAsync($"sessions/{SessionApi.Escape(id)}", cancellationToken);
                if (mayDelete is not null && info is { } now && !mayDelete(id, Exporter.StateOf(now)))
                {
                    left[id] = Changed;
                    continue;
                }

                long messages = info is { } known ? Json.Number(known, "total_message_count") : 0;
                var entry = new JsonObject { ["session_id"] = id, ["messages"] = messages };
                await DeleteAsync(run, $"sessions/{SessionApi.Escape(id)}", id, sessions, entry, left, cancellationToken);
            }

            foreach ((string? peer, JsonElement memory) in await UserData.MemoriesAsync(run.Api, cancellationToken))
            {
                string uri = Json.Text(memory, "uri");
                if (mayDelete?.Invoke(uri, memory.GetRawText()) == false)
                {
                    left[uri] = Changed;
                    continue;
                }

                await DeleteAsync(
                    run, UserData.Path(peer, memory), uri, memories, new JsonObject { ["uri"] = uri }, left, cancellationToken);
            }

            if (sessions.Count + memories.Count == before)
            {
                return;
            }
        }

        left["what comes all the time"] = $"after {MaxPasses} passes there was still something to delete; run it again";
    }

    private static async Task DeleteAsync(
        ClientRun run, string path, string what, JsonArray removed, JsonObject entry, Dictionary<string, string> left,
        CancellationToken cancellationToken)
    {
        try
        {
            await run.Api.DeleteAsync(path, cancellationToken);
        }
        catch (ClientException e) when (e.Status == 404)
        {
            // Another client has deleted it: it is neither left nor removed by this command.
            left.Remove(what);
            return;
        }
        catch (ClientException e)
        {
            left[what] = e.Message;
            return;
        }

        left.Remove(what);
        entry["removed_at"] = Now(run);
        removed.Add(entry);
    }

    private static string Now(ClientRun run) =>
        run.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
