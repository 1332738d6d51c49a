using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DurableSessions.Core.Memories;
using DurableSessions.Server.Clients;

namespace DurableSessions.Server.Transfer;

/// <summary>
/// Brings sessions and memories to a server. What the server has of a session decides where it goes on: an import that is killed anywhere,
/// and started again, ends as one that was not. A batch has the session, the file and its place in it as its idempotency key, so that one
/// whose answer was lost is not there twice, even where a commit has carried it away since. The key also has the archives before it: what
/// a session has live is another beginning of the same file once it was committed.
/// </summary>
internal sealed class Importer(ClientRun run, TransferReport report)
{
    private const int MaxRunning = 50;
    private const int Conflict = 409;
    private const string AutoCommit = "auto_commit_policy";

    private static readonly TimeSpan s_commitTimeout = TimeSpan.FromHours(1);
    private static readonly string[] s_categories = ["profile", "preferences", "entities", "events", "cases", "experiences"];

    private readonly Dictionary<string, string> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _memories = new(StringComparer.Ordinal);

    /// <summary>Brings one session, or says in the report why it could not be.</summary>
    public Task ImportAsync(SessionSource source, CancellationToken cancellationToken) => TakeAsync(
        source,
        async () =>
        {
            run.Progress($"session {source.Id}");
            JsonElement? policy = await CreateAsync(source, cancellationToken);
            await WaitForRunningAsync(source.Id, cancellationToken);
            try
            {
                int archives = await ImportArchivesAsync(source, cancellationToken);
                if (source.Live is { } live)
                {
                    await AppendRestAsync(source, live, archives, mayHaveMore: true, cancellationToken);
                }
            }
            finally
            {
                if (policy is not null)
                {
                    await SetPolicyAsync(source.Id, policy, cancellationToken);
                }
            }

            report.Note("Messages have ids of the server; their order, roles, parts and times are those of the files.");
            report.Count("sessions");
        });

    /// <summary>Writes one memory, unless the server has it as it is.</summary>
    public async Task ImportMemoryAsync(
        string file, string? peer, string category, string title, bool isDry, CancellationToken cancellationToken)
    {
        if (!s_categories.Contains(category))
        {
            report.Problem(file, 0, $"a server has no memories of '{category}'");
            return;
        }

        if (new FileInfo(file).Length > 4 * MemoryLimits.MaxContentLength)
        {
            report.Problem(file, 0, $"a memory has up to {MemoryLimits.MaxContentLength} characters");
            return;
        }

        string name = MemoryName.From(title);
        if (!_memories.TryAdd($"{peer}/{category}/{name}", file))
        {
            report.Problem(file, 0, $"it has the peer, the category and the name of {_memories[$"{peer}/{category}/{name}"]}");
            return;
        }

        string content = await File.ReadAllTextAsync(file, cancellationToken);
        if (string.IsNullOrWhiteSpace(content) || content.Length > MemoryLimits.MaxContentLength)
        {
            report.Problem(file, 0, $"a memory has 1 to {MemoryLimits.MaxContentLength} characters, not white space alone");
            return;
        }

        report.Count("memories");
        if (isDry)
        {
            return;
        }

        try
        {
            string path = MemoriesCommand.Path($"{category}/{name}", peer);
            if (await run.Api.FindAsync(path, cancellationToken) is not { } known || Json.Text(known, "content") != content)
            {
                await run.Api.SendAsync(
                    HttpMethod.Put, path, new JsonObject { ["content"] = content }, key: null, cancellationToken);
            }
        }
        catch (ClientException e)
        {
            report.Problem(file, 0, e.Message);
        }
    }

    /// <summary>Reads all of a session, and sends nothing.</summary>
    public Task LookAsync(SessionSource source, CancellationToken cancellationToken) => TakeAsync(
        source,
        async () =>
        {
            report.Count("sessions");
            foreach (string file in source.Live is { } live ? [.. source.Archives, live] : source.Archives)
            {
                int messages = await source.ReadAsync(file, report, cancellationToken).CountAsync(cancellationToken);
                report.Count("messages", messages);
                report.Count("archives", file != source.Live && messages > 0 ? 1 : 0);
            }
        });

    // Two folders of one id are two sessions, which no server has.
    private async Task TakeAsync(SessionSource source, Func<Task> take)
    {
        string place = source.Folder ?? source.Live!;
        if (!_sessions.TryAdd(source.Id, place))
        {
            report.Problem(place, 0, $"{_sessions[source.Id]} has a session of the same id");
            return;
        }

        try
        {
            await take();
        }
        catch (Exception e) when (e is ClientException or IOException or UnauthorizedAccessException)
        {
            report.Problem(place, 0, e.Message);
        }
    }

    // A session whose messages are brought in parts must not commit by itself. Returns the policy that it has in the end.
    private async Task<JsonElement?> CreateAsync(SessionSource source, CancellationToken cancellationToken)
    {
        JsonElement? meta = await MetaAsync(source, cancellationToken);
        string path = $"sessions/{SessionApi.Escape(source.Id)}";
        if (await run.Api.FindAsync(path, cancellationToken) is not { } session)
        {
            var body = new JsonObject { ["session_id"] = source.Id, [AutoCommit] = null };
            if (Policy(meta, "memory_policy") is { } memories)
            {
                body["memory_policy"] = JsonObject.Create(memories);
            }

            // A key of this run: with that of an earlier one a session that was deleted since would stay deleted.
            try
            {
                await run.Api.PostAsync("sessions", body, $"import-{Guid.NewGuid():N}", cancellationToken);
            }
            catch (ClientException e) when (e.Status == Conflict)
            {
                // Another import of the same session was there before.
            }

            return Policy(meta, AutoCommit);
        }

        JsonElement? now = Policy(session, AutoCommit);
        if (now is not null)
        {
            await SetPolicyAsync(source.Id, policy: null, cancellationToken);
        }

        return Policy(meta, AutoCommit) ?? now;
    }

    private static JsonElement? Policy(JsonElement? of, string name) =>
        of is { } known && Json.Find(known, name) is { ValueKind: JsonValueKind.Object } policy ? policy : null;

    // A commit of an earlier run that was killed; what it archives is known once it is over.
    private async Task WaitForRunningAsync(string session, CancellationToken cancellationToken)
    {
        ApiAnswer tasks = await run.Api.GetAsync(
            $"tasks?limit={MaxRunning}&resource_id={SessionApi.Escape(session)}", cancellationToken);
        foreach (JsonElement task in tasks.Result.EnumerateArray())
        {
            if (Json.Text(task, "status") is "pending" or "running" or "cancelling")
            {
                await TaskFollower.WaitAsync(
                    run.Api, run.Time, Json.Text(task, "task_id"), s_commitTimeout, static (_, _) => { }, cancellationToken);
            }
        }
    }

    private async Task<int> ImportArchivesAsync(SessionSource source, CancellationToken cancellationToken)
    {
        string path = $"sessions/{SessionApi.Escape(source.Id)}/archives";
        List<JsonElement> stored = await run.Api.ListAsync($"{path}?limit=100", cancellationToken).ToListAsync(cancellationToken);
        stored.Reverse();
        int number = 0;
        foreach (string file in source.Archives)
        {
            if (!await source.ReadAsync(file, report, cancellationToken).AnyAsync(cancellationToken))
            {
                report.Problem(file, 0, "the archive has no messages that could be taken");
                continue;
            }

            if (number < stored.Count)
            {
                await CompareAsync(source, file, stored[number], cancellationToken);
            }
            else
            {
                await AppendRestAsync(source, file, number, mayHaveMore: false, cancellationToken);
                await CommitAsync(source, file, cancellationToken);
            }

            number++;
            report.Count("archives");
            string folder = Path.GetDirectoryName(file)!;
            if (File.Exists(Path.Combine(folder, ".overview.md")) || File.Exists(Path.Combine(folder, ".abstract.md")))
            {
                report.Note(
                    "Overviews and abstracts of archives were not taken: a server makes its own, and no request gives it another's.");
            }

            if (Path.GetFileName(folder) is var name && name != $"archive_{number:D3}")
            {
                report.Note($"Session {source.Id}: {name} is archive_{number:D3} of the server, whose numbers have no gaps.");
            }
        }

        if (number < stored.Count)
        {
            throw new ClientException($"the server has {stored.Count} archives of session {source.Id}, and the folder {number}");
        }

        return number;
    }

    // The archive of the server is that of the file, and it is over: one that has failed is tried once more.
    private async Task CompareAsync(SessionSource source, string file, JsonElement stored, CancellationToken cancellationToken)
    {
        string archive = Json.Text(stored, "archive_id");
        if (Json.Text(stored, "state") is "pending" or "uncovered")
        {
            await FinishAsync(Json.Text(stored, "task_id"), cancellationToken);
        }

        using StreamedAnswer answer = await run.Api.ReadMessagesAsync(
            $"sessions/{SessionApi.Escape(source.Id)}/archives/{archive}", cancellationToken);
        IAsyncEnumerable<string> theirs = answer.MessagesAsync(cancellationToken).Select(HashOf);
        IAsyncEnumerable<string> ours = source.ReadAsync(file, report, cancellationToken).Select(static m => m.Hash);
        if (!await ours.SequenceEqualAsync(theirs, cancellationToken: cancellationToken))
        {
            throw new ClientException($"{archive} of session {source.Id} on the server has other messages than {file}");
        }

        report.Count("messages", await source.ReadAsync(file, report, cancellationToken).CountAsync(cancellationToken));
    }

    // What the server has live is the beginning of the file; the rest is appended.
    private async Task AppendRestAsync(
        SessionSource source, string file, int archives, bool mayHaveMore, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        (_, int live) = await LiveMessages.ReadAsync(
            run.Api,
            source.Id,
            found.Clear,
            message =>
            {
                found.Add(HashOf(message));
                return ValueTask.CompletedTask;
            },
            cancellationToken);
        found.RemoveRange(0, found.Count - live);
        int position = 0;
        await foreach (TransferredMessage message in source.ReadAsync(file, report, cancellationToken))
        {
            if (position == found.Count)
            {
                break;
            }

            if (message.Hash != found[position])
            {
                throw new ClientException($"session {source.Id} on the server has other live messages than {file}");
            }

            position++;
        }

        if (position < found.Count && !mayHaveMore)
        {
            throw new ClientException($"session {source.Id} on the server has more live messages than {file}");
        }

        IAsyncEnumerable<JsonElement> rest = source.ReadAsync(file, report, cancellationToken)
            .Skip(position)
            .Select(static message => message.Element);
        await foreach (IReadOnlyList<JsonElement> batch in Messages.BatchAsync(rest, cancellationToken))
        {
            string key = Key($"append-{archives}-{position}", source, file);
            await run.Api.AppendAsync(source.Id, batch.Select(static m => JsonObject.Create(m)!), key, cancellationToken);
            position += batch.Count;
        }

        report.Count("messages", position);
    }

    private async Task CommitAsync(SessionSource source, string file, CancellationToken cancellationToken)
    {
        JsonElement answer = await run.Api.CommitAsync(source.Id, keepRecent: 0, Key("commit", source, file), cancellationToken);
        if (Json.Text(answer, "task_id") is { Length: > 0 } task)
        {
            await FinishAsync(task, cancellationToken);
        }
    }

    private async Task FinishAsync(string task, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            JsonElement ended = await TaskFollower.WaitAsync(
                run.Api, run.Time, task, s_commitTimeout, static (_, _) => { }, cancellationToken);
            if (Json.Text(ended, "status") == "completed")
            {
                return;
            }

            if (attempt == 2)
            {
                throw new ClientException($"task {task} ended as {Json.Text(ended, "status")}: {Json.Text(ended, "error")}");
            }

            await run.Api.PostAsync($"tasks/{SessionApi.Escape(task)}/retry", body: null, $"import-{Guid.NewGuid():N}", cancellationToken);
        }
    }

    private async Task SetPolicyAsync(string session, JsonElement? policy, CancellationToken cancellationToken) =>
        await run.Api.SendAsync(
            HttpMethod.Patch,
            $"sessions/{SessionApi.Escape(session)}/config",
            new JsonObject { [AutoCommit] = policy is { } settings ? JsonObject.Create(settings) : null },
            key: null,
            cancellationToken);

    private async Task<JsonElement?> MetaAsync(SessionSource source, CancellationToken cancellationToken)
    {
        const int MaxBytes = 1024 * 1024;
        if (source.Folder is not { } folder || !FolderWalk.IsFile(Path.Combine(folder, SourceFolder.MetaFile)))
        {
            return null;
        }

        var file = new FileInfo(Path.Combine(folder, SourceFolder.MetaFile));

        try
        {
            return file.Length <= MaxBytes
                ? JsonElement.Parse(await File.ReadAllBytesAsync(file.FullName, cancellationToken))
                : throw new JsonException($"it is longer than {MaxBytes} bytes");
        }
        catch (JsonException e)
        {
            report.Problem(file.FullName, 0, $"it is no JSON: {e.Message}");
            return null;
        }
    }

    private static string HashOf(JsonElement message)
    {
        try
        {
            return TransferredMessage.Of(message).Hash;
        }
        catch (FormatException)
        {
            // No message that an import sends.
            return "";
        }
    }

    // The same for the same file of the same session, wherever the folder is.
    private static string Key(string purpose, SessionSource source, string file)
    {
        string place = source.Folder is { } folder ? Path.GetRelativePath(folder, file) : Path.GetFileName(file);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{source.Id}\n{place}\n{purpose}"));
        return $"import-{Convert.ToHexStringLower(hash)}";
    }
}
